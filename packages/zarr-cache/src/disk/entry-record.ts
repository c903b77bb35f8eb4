import { GRACE_BYTES, type Grace, packGrace, unpackGrace } from "../grace.ts";

/**
 * An entry as it is stored: fixed fields, little-endian, then validator and location as UTF-8, and the grace.
 *
 * Packed by hand since a look-up decodes one of these per read of the cache: a tenth of the time of a general encoding.
 */
export interface EntryRecord {
  token: string;
  missing: boolean;
  size: number;
  checksum: number;
  fetchedAt: number;
  expiresAt: number;
  cost: number;
  validator: string | undefined;
  /** Where the bytes are, among several locations. */
  location?: string | undefined;
  grace?: Grace | undefined;
  charge: number;
  weight: number;
  rank: number;
  /** Tick of the last use. */
  tick: number;
  /** Serial of the invalidations at the time of the claim; a later cut hides the entry. */
  birth: number;
  /** Counts entries; never changes and never comes again. */
  created: number;
  /** Number of the store. */
  store: number;
  hits: number;
  lastUsedAt: number;
  accessDuration: number;
  reads: number;
}

const FIXED = 136;
/** Flag of an entry that has a grace. */
const GRACED = 4;
/** A longer validator is not kept; the entry cannot be revalidated then. */
const MAX_VALIDATOR = 255;
/** What the length of a location has room for. */
const MAX_LOCATION = 255;

let view: DataView = new DataView(new ArrayBuffer(0));

const scratch = Buffer.allocUnsafeSlow(FIXED + MAX_VALIDATOR + MAX_LOCATION + GRACE_BYTES);
const to = new DataView(scratch.buffer);

/** Packs an entry into a buffer that the next call overwrites; a put within a transaction copies it at once. */
export function packEntry(entry: EntryRecord): Buffer {
  const validator = entry.validator === undefined ? undefined : Buffer.from(entry.validator);
  const kept = validator !== undefined && validator.length <= MAX_VALIDATOR ? validator : undefined;
  scratch.write(entry.token, 0, 20, "hex");
  scratch[20] =
    (entry.missing ? 1 : 0) | (kept === undefined ? 0 : 2) | (entry.grace === undefined ? 0 : GRACED);
  scratch[21] = kept?.length ?? 0;
  const located = entry.location === undefined ? undefined : Buffer.from(entry.location);
  scratch[22] = located?.length ?? 0;
  scratch[23] = 0;
  to.setUint32(24, entry.checksum, true);
  to.setUint32(28, entry.store, true);
  to.setFloat64(32, entry.size, true);
  to.setFloat64(40, entry.fetchedAt, true);
  to.setFloat64(48, entry.expiresAt, true);
  to.setFloat64(56, entry.cost, true);
  to.setFloat64(64, entry.birth, true);
  to.setFloat64(72, entry.charge, true);
  to.setFloat64(80, entry.weight, true);
  to.setFloat64(88, entry.rank, true);
  to.setFloat64(96, entry.tick, true);
  to.setFloat64(104, entry.created, true);
  to.setFloat64(112, entry.lastUsedAt, true);
  to.setUint32(120, entry.hits, true);
  to.setUint32(124, entry.reads, true);
  to.setFloat64(128, entry.accessDuration, true);
  const end = FIXED + (kept?.length ?? 0);
  if (kept !== undefined) scratch.set(kept, FIXED);
  if (located !== undefined) scratch.set(located, end);
  const behind = end + (located?.length ?? 0);
  if (entry.grace === undefined) return scratch.subarray(0, behind);
  scratch.set(packGrace(entry.grace), behind);
  return scratch.subarray(0, behind + GRACE_BYTES);
}

/** Reads an entry from a buffer that the next read may overwrite. */
export function unpackEntry(bytes: Buffer): EntryRecord {
  const from = viewOf(bytes);
  const at = bytes.byteOffset;
  return {
    ...unpackFacts(bytes),
    store: from.getUint32(at + 28, true),
    birth: from.getFloat64(at + 64, true),
    charge: from.getFloat64(at + 72, true),
    weight: from.getFloat64(at + 80, true),
    rank: from.getFloat64(at + 88, true),
    tick: from.getFloat64(at + 96, true),
    created: from.getFloat64(at + 104, true),
    lastUsedAt: from.getFloat64(at + 112, true),
    hits: from.getUint32(at + 120, true),
    reads: from.getUint32(at + 124, true),
    accessDuration: from.getFloat64(at + 128, true),
  };
}

/** Reads what a look-up answers. */
export function unpackFacts(
  bytes: Buffer,
  whole = false,
): Pick<
  EntryRecord,
  | "token"
  | "missing"
  | "size"
  | "checksum"
  | "fetchedAt"
  | "expiresAt"
  | "cost"
  | "validator"
  | "location"
  | "grace"
> & {
  whole: boolean;
} {
  const from = viewOf(bytes);
  const at = bytes.byteOffset;
  const flags = bytes[20] as number;
  const behind = FIXED + (bytes[21] as number);
  const located = bytes[22] as number;
  return {
    token: bytes.toString("hex", 0, 20),
    whole,
    missing: (flags & 1) !== 0,
    size: from.getFloat64(at + 32, true),
    checksum: from.getUint32(at + 24, true),
    fetchedAt: from.getFloat64(at + 40, true),
    expiresAt: from.getFloat64(at + 48, true),
    cost: from.getFloat64(at + 56, true),
    validator: (flags & 2) === 0 ? undefined : bytes.toString("utf8", FIXED, behind),
    location: located === 0 ? undefined : bytes.toString("utf8", behind, behind + located),
    grace: (flags & GRACED) === 0 ? undefined : unpackGrace(bytes, behind + located),
  };
}

/** The serial at which the entry in a buffer was claimed. */
export function birthOf(bytes: Buffer): number {
  return viewOf(bytes).getFloat64(bytes.byteOffset + 64, true);
}

/** A view of a buffer's memory; LMDB reads into the same one again and again. */
function viewOf(bytes: Buffer): DataView {
  if (view.buffer !== bytes.buffer) view = new DataView(bytes.buffer);
  return view;
}
