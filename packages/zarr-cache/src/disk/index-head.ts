/**
 * The one record that every transaction reads first and writes last: counts, the budget and the clocks of the index.
 */
export interface IndexHead {
  /** Bytes charged: entries, reservations, revoked and condemned names, each with its overhead. */
  charged: number;
  /** Of these, what is charged for records of the index itself. */
  overheads: number;
  /** Of `charged`, what is condemned. */
  condemned: number;
  /** Visible entries, and those under a cut that was not worked off yet. */
  entries: number;
  /** Of these, entries of ranges. */
  ranges: number;
  /** Live reservations that will become a new entry. */
  reserved: number;
  /** Counts invalidations. */
  serial: number;
  /** Cuts that are not worked off. */
  cuts: number;
  /** Changes when the list of cuts does. */
  cutsVersion: number;
  /** Counts uses. */
  tick: number;
  /** L of the policy. */
  floor: number;
  /** Counts condemned names. */
  condemnations: number;
  /** Counts entries that were ever made. */
  created: number;
  /** Stores that have a record. */
  stores: number;
  /** Counts stores that ever had one. */
  storesCreated: number;
  /** Write intents that have a record. */
  intents: number;
  /** Pass marks that have not been swept. */
  marks: number;
  maxBytes: number;
  maxEntries: number;
  maxEntryBytes: number;
  /** Bytes charged for entries that are pinned. */
  pinned: number;
  maxPinnedBytes: number;
}

/** Key of the head in the state table. */
export const HEAD_KEY = "0";

/** In the order in which they are packed; {@link glanceAtHead} reads the first four, and the condemned. */
const FIELDS = [
  "serial",
  "cutsVersion",
  "tick",
  "maxEntryBytes",
  "cuts",
  "maxBytes",
  "maxEntries",
  "charged",
  "overheads",
  "condemned",
  "entries",
  "reserved",
  "floor",
  "condemnations",
  "created",
  "stores",
  "storesCreated",
  "marks",
  "intents",
  "pinned",
  "maxPinnedBytes",
  "ranges",
] as const satisfies readonly (keyof IndexHead)[];

/** Bytes of a packed head. */
export const HEAD_BYTES: number = FIELDS.length * 8;

const CONDEMNED_AT = 8 * FIELDS.indexOf("condemned");

const scratch = Buffer.allocUnsafeSlow(HEAD_BYTES);
const to = new Float64Array(scratch.buffer);

/** Packs a head into a buffer that the next call overwrites. */
export function packHead(head: IndexHead): Buffer {
  for (let i = 0; i < FIELDS.length; i++) to[i] = head[FIELDS[i] as keyof IndexHead];
  return scratch;
}

/** Reads a head. */
export function unpackHead(bytes: Buffer): IndexHead {
  const copy = new Uint8Array(HEAD_BYTES);
  copy.set(bytes.subarray(0, HEAD_BYTES));
  const from = new Float64Array(copy.buffer);
  const head = emptyHead();
  for (let i = 0; i < FIELDS.length; i++) head[FIELDS[i] as keyof IndexHead] = from[i] as number;
  return head;
}

/** The head of an index that holds nothing. */
export function emptyHead(): IndexHead {
  return {
    charged: 0,
    overheads: 0,
    condemned: 0,
    entries: 0,
    ranges: 0,
    reserved: 0,
    serial: 0,
    cuts: 0,
    cutsVersion: 0,
    tick: 0,
    floor: 0,
    condemnations: 0,
    created: 0,
    stores: 0,
    storesCreated: 0,
    marks: 0,
    intents: 0,
    maxBytes: 0,
    maxEntries: 0,
    maxEntryBytes: 0,
    pinned: 0,
    maxPinnedBytes: 0,
  };
}

/** What look-ups need of the head, read without unpacking it. */
export interface HeadGlance {
  serial: number;
  cutsVersion: number;
  tick: number;
  maxEntryBytes: number;
  condemned: number;
}

let view: DataView = new DataView(new ArrayBuffer(0));

/** Reads these numbers from a packed head. */
export function glanceAtHead(bytes: Buffer, into: HeadGlance): void {
  if (view.buffer !== bytes.buffer) view = new DataView(bytes.buffer);
  const at = bytes.byteOffset;
  into.serial = view.getFloat64(at, true);
  into.cutsVersion = view.getFloat64(at + 8, true);
  into.tick = view.getFloat64(at + 16, true);
  into.maxEntryBytes = view.getFloat64(at + 24, true);
  into.condemned = view.getFloat64(at + CONDEMNED_AT, true);
}
