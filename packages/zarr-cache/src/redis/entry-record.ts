import { PINNED } from "../policy.ts";
import type { EntryFacts, IndexEntry } from "../store-index.ts";
import { showToken, TOKEN_BYTES } from "./shard-token.ts";

/** How Lua's `struct` packs an entry; location and validator follow, see {@link packTail}. {@link unpackFacts} and {@link unpackStatistics} read it. */
export const ENTRY_FORMAT = "<c12BI6I6I4ddddI6I6I4dI4f";

/** What is counted of an entry. */
export interface EntryStatistics {
  readonly charge: number;
  readonly uses: number;
  readonly lastUsedAt: number;
  readonly accessDuration: number;
  readonly pinned: boolean;
}

const FLAGS = TOKEN_BYTES;
const SIZE = FLAGS + 1;
const CHARGE = SIZE + 6;
const CHECKSUM = CHARGE + 6;
const FETCHED_AT = CHECKSUM + 4;
const EXPIRES_AT = FETCHED_AT + 8;
const COST = EXPIRES_AT + 8;
const WEIGHT = COST + 8;
const TICK = WEIGHT + 8;
const BIRTH = TICK + 6;
const USES = BIRTH + 6;
const LAST_USED_AT = USES + 4;
const READS = LAST_USED_AT + 8;
const READ_MILLISECONDS = READS + 4;
const FIXED = READ_MILLISECONDS + 4;
const MISSING = 1;
const VALIDATED = 2;
const LOCATED = 4;

/** Packs the flags of an entry. */
export function packFlags({ missing, validator, location }: EntryFacts): number {
  const isThere = (text: string | undefined, flag: number) => (text === undefined ? 0 : flag);
  return (missing ? MISSING : 0) | isThere(validator, VALIDATED) | isThere(location, LOCATED);
}

/** Packs what follows the fixed fields, which the scripts only carry: location (with its length), then validator. */
export function packTail({ validator = "", location }: EntryFacts): Buffer {
  if (location === undefined) return Buffer.from(validator);
  const text = Buffer.from(location);
  return Buffer.concat([Buffer.from([text.length]), text, Buffer.from(validator)]);
}

/** Reads what a look-up answers. */
export function unpackFacts(bytes: Buffer, epoch: string, whole: boolean): IndexEntry {
  const flags = bytes[FLAGS] as number;
  const isLocated = (flags & LOCATED) !== 0;
  const behind = isLocated ? FIXED + 1 + (bytes[FIXED] as number) : FIXED;
  return {
    token: showToken(epoch, bytes),
    whole,
    missing: (flags & MISSING) !== 0,
    size: bytes.readUIntLE(SIZE, 6),
    checksum: bytes.readUInt32LE(CHECKSUM),
    fetchedAt: bytes.readDoubleLE(FETCHED_AT),
    expiresAt: bytes.readDoubleLE(EXPIRES_AT),
    cost: bytes.readDoubleLE(COST),
    validator: (flags & VALIDATED) === 0 ? undefined : bytes.toString("utf8", behind),
    location: isLocated ? bytes.toString("utf8", FIXED + 1, behind) : undefined,
  };
}

/** The serial of the shard when the entry became visible; a later cut that covers it hides it. */
export function birthOf(bytes: Buffer): number {
  return bytes.readUIntLE(BIRTH, 6);
}

/** Reads what a listing shows beside the facts. */
export function unpackStatistics(bytes: Buffer): EntryStatistics {
  const reads = bytes.readUInt32LE(READS);
  return {
    charge: bytes.readUIntLE(CHARGE, 6),
    uses: bytes.readUInt32LE(USES),
    lastUsedAt: bytes.readDoubleLE(LAST_USED_AT),
    accessDuration: reads === 0 ? 0 : bytes.readFloatLE(READ_MILLISECONDS) / reads,
    pinned: bytes.readDoubleLE(WEIGHT) === PINNED,
  };
}
