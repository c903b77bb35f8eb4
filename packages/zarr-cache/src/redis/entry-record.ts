import { GRACE_BYTES, type Grace, packGrace, unpackGrace } from "../grace.ts";
import { PINNED } from "../policy.ts";
import type { EntryFacts, IndexEntry, Reservation } from "../store-index.ts";
import { showToken, TOKEN_BYTES } from "./shard-token.ts";

/**
 * How Lua's `struct` packs an entry: first what is needed when it goes, which {@link ENTRY_GONE_FORMAT} reads alone. Grace,
 * location and validator follow, see {@link packTail}. {@link unpackFacts} and {@link unpackStatistics} read it.
 */
export const ENTRY_FORMAT = "<c12I6I6I6dBI6I4dddI4I6I4f";

/** Token, charge, tick, birth, weight. */
export const ENTRY_GONE_FORMAT = "<c12I6I6I6d";

/** What is counted of an entry. */
export interface EntryStatistics {
  readonly charge: number;
  readonly uses: number;
  readonly lastUsedAt: number;
  readonly accessDuration: number;
  readonly pinned: boolean;
}

const CHARGE = TOKEN_BYTES;
const TICK = CHARGE + 6;
const BIRTH = TICK + 6;
const WEIGHT = BIRTH + 6;
const FLAGS = WEIGHT + 8;
const SIZE = FLAGS + 1;
const CHECKSUM = SIZE + 6;
const FETCHED_AT = CHECKSUM + 4;
const EXPIRES_AT = FETCHED_AT + 8;
const COST = EXPIRES_AT + 8;
const USES = COST + 8;
const LAST_USED_AT = USES + 4;
const READS = LAST_USED_AT + 6;
const READ_MILLISECONDS = READS + 4;
const FIXED = READ_MILLISECONDS + 4;
/** Where Lua, which counts from 1, finds what it reads alone; the end of an entry follows the time of its fetching. */
export const ENTRY_AT: Readonly<Record<"birth" | "flags" | "fetchedAt" | "cost" | "tail", number>> = {
  birth: BIRTH + 1,
  flags: FLAGS + 1,
  fetchedAt: FETCHED_AT + 1,
  cost: COST + 1,
  tail: FIXED + 1,
};
const MISSING = 1;
const VALIDATED = 2;
const LOCATED = 4;
/** Flag of an entry that has a grace, which then is the first of its tail. */
export const GRACED = 8;

/** Packs the flags of an entry. */
function packFlags({ missing, validator, location, grace }: EntryFacts): number {
  const isThere = (fact: unknown, flag: number) => (fact === undefined ? 0 : flag);
  const told = isThere(validator, VALIDATED) | isThere(location, LOCATED) | isThere(grace, GRACED);
  return (missing ? MISSING : 0) | told;
}

/**
 * Packs what follows the fixed fields, which the scripts only carry, but for the grace, which they exchange: grace, location
 * (with its length), validator.
 */
function packTail({ validator = "", location, grace }: EntryFacts): Buffer {
  const text = Buffer.from(location ?? "");
  const place = location === undefined ? [] : [Buffer.from([text.length]), text];
  return Buffer.concat([packOptionalGrace(grace), ...place, Buffer.from(validator)]);
}

/** Packs the grace of an entry; no bytes where it has none. */
export function packOptionalGrace(grace: Grace | undefined): Buffer {
  return Buffer.from(grace === undefined ? [] : packGrace(grace));
}

/** How Lua's `struct` reads {@link packWant}: charge, size, weight. */
export const WANT_FORMAT = "<I6I6d";

/** Packs what a reservation asks for, which Lua unpacks in less time than it takes numbers from as many texts. */
export function packWant(charge: number, { size, weight }: Pick<Reservation, "size" | "weight">): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUIntLE(charge, 0, 6);
  bytes.writeUIntLE(size, 6, 6);
  bytes.writeDoubleLE(weight, 12);
  return bytes;
}

/** Where Lua finds the cost in {@link packFacts}. */
export const COST_IN_FACTS: number = COST - FLAGS + 1;

/**
 * Packs what an entry that was just filled has behind its weight: flags to statistics, then the tail.
 */
export function packFacts(facts: EntryFacts, claimedAt: number, now: number): Buffer {
  const { size, checksum, age, expiresAt, cost } = facts;
  const fixed = Buffer.alloc(FIXED - FLAGS);
  fixed[0] = packFlags(facts);
  fixed.writeUIntLE(size, SIZE - FLAGS, 6);
  fixed.writeUInt32LE(checksum, CHECKSUM - FLAGS);
  fixed.writeDoubleLE(claimedAt - age, FETCHED_AT - FLAGS);
  fixed.writeDoubleLE(expiresAt, EXPIRES_AT - FLAGS);
  fixed.writeDoubleLE(cost, COST - FLAGS);
  fixed.writeUInt32LE(1, USES - FLAGS);
  fixed.writeUIntLE(Math.floor(now), LAST_USED_AT - FLAGS, 6);
  return Buffer.concat([fixed, packTail(facts)]);
}

/** Reads what a look-up answers. */
export function unpackFacts(bytes: Buffer, epoch: string, whole: boolean): IndexEntry {
  const flags = bytes[FLAGS] as number;
  const isLocated = (flags & LOCATED) !== 0;
  const isGraced = (flags & GRACED) !== 0;
  const tail = isGraced ? FIXED + GRACE_BYTES : FIXED;
  const behind = isLocated ? tail + 1 + (bytes[tail] as number) : tail;
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
    location: isLocated ? bytes.toString("utf8", tail + 1, behind) : undefined,
    grace: isGraced ? unpackGrace(bytes, FIXED) : undefined,
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
    lastUsedAt: bytes.readUIntLE(LAST_USED_AT, 6),
    accessDuration: reads === 0 ? 0 : bytes.readFloatLE(READ_MILLISECONDS) / reads,
    pinned: bytes.readDoubleLE(WEIGHT) === PINNED,
  };
}
