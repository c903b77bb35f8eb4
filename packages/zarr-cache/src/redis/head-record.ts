/** What seldom changes: scripts leave these as they are, and the first two are where every format has them. */
const STEADY_FIELDS = [
  /** Version of the layout in Redis. */
  "format",
  "shards",
  /** Whether bytes of other epochs are known to be gone. */
  "clean",
] as const;

/**
 * The counts, bounds and clocks of one shard, in the order in which they are packed: what a commit needs stands together,
 * and what a reservation needs, so that these read and write no more than that.
 */
export const COUNTED_FIELDS = [
  /** Keys with write intents: nothing is looked up where there are none. */
  "intents",
  "lru",
  /** L of the policy. */
  "floor",
  /** What the ranks of the first table are too high by, while ranks move to the second; 0 otherwise. */
  "base",
  /** Counts cuts; an entry with a smaller one is hidden by a cut that covers it. */
  "serial",
  /** Counts uses. */
  "tick",
  /** Entries, hidden ones included. */
  "entries",
  "reserved",
  "cuts",
  /** Counts changes. */
  "version",
  /** Bytes charged: entries, reservations, revoked and condemned names. */
  "charged",
  /** This shard's share of each. */
  "maxBytes",
  "maxEntries",
  "maxEntryBytes",
  "condemned",
  /** Bytes charged for entries that are pinned, and this shard's share of what they may be. */
  "pinned",
  "maxPinnedBytes",
  /** Counts condemned names. */
  "queued",
  /** Pass marks. */
  "marks",
  /** Counts the invalidations in the stream. */
  "messages",
] as const;

type Field = (typeof STEADY_FIELDS)[number] | (typeof COUNTED_FIELDS)[number];
const FIELDS: readonly Field[] = [...STEADY_FIELDS, ...COUNTED_FIELDS];

/** A head as Redis holds it. */
export type ShardHead = { readonly epoch: string } & Readonly<Record<Field, number>>;

/** Bytes of the epoch, with which a head and the mark of an epoch begin. */
export const EPOCH_BYTES = 16;

/** How Lua's `struct` packs what a head begins with. */
export const STEADY_FORMAT: string = `<c${EPOCH_BYTES}${"d".repeat(STEADY_FIELDS.length)}`;

/** Bytes of what a head begins with. */
export const STEADY_BYTES: number = EPOCH_BYTES + 8 * STEADY_FIELDS.length;

/** How Lua's `struct` packs {@link COUNTED_FIELDS}, which follow. */
export const COUNTED_FORMAT: string = `<${"d".repeat(COUNTED_FIELDS.length)}`;

/** Where fields that stand together begin, counted from 0, and how many they are. */
export function fieldsFrom(
  first: (typeof COUNTED_FIELDS)[number],
  last: (typeof COUNTED_FIELDS)[number],
): { readonly names: readonly string[]; readonly at: number } {
  const from = COUNTED_FIELDS.indexOf(first);
  return {
    names: COUNTED_FIELDS.slice(from, COUNTED_FIELDS.indexOf(last) + 1),
    at: STEADY_BYTES + 8 * from,
  };
}

/** Reads a head as a script wrote it; one of another format is known by its epoch, format and shards only. */
export function unpackHead(bytes: Buffer): ShardHead {
  const numbers = FIELDS.map((name, i) => {
    const at = EPOCH_BYTES + 8 * i;
    return [name, at < bytes.length ? bytes.readDoubleLE(at) : 0] as const;
  });
  return {
    epoch: bytes.toString("latin1", 0, EPOCH_BYTES),
    ...(Object.fromEntries(numbers) as Record<Field, number>),
  };
}
