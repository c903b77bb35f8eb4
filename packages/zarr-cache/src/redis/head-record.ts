/** The counts, bounds and clocks of one shard, in the order in which they are packed. */
export const HEAD_FIELDS = [
  /** Version of the layout in Redis. */
  "format",
  "shards",
  /** Whether bytes of other epochs are known to be gone. */
  "clean",
  "lru",
  /** This shard's share of each. */
  "maxBytes",
  "maxEntries",
  "maxEntryBytes",
  /** Bytes charged: entries, reservations, revoked and condemned names. */
  "charged",
  "condemned",
  /** Entries, hidden ones included. */
  "entries",
  "reserved",
  /** L of the policy. */
  "floor",
  /** Counts uses. */
  "tick",
  /** Counts cuts; an entry with a smaller one is hidden by a cut that covers it. */
  "serial",
  "cuts",
  /** Counts condemned names. */
  "queued",
  /** Pass marks, and keys with write intents: nothing is looked up where there are none. */
  "marks",
  "intents",
  /** What the ranks of the first table are too high by, while ranks move to the second; 0 otherwise. */
  "base",
  /** Counts changes. */
  "version",
  /** Counts the invalidations in the stream. */
  "messages",
  /** Bytes charged for entries that are pinned, and this shard's share of what they may be. */
  "pinned",
  "maxPinnedBytes",
] as const;

/** See {@link HEAD_FIELDS}. */
export type ShardHead = { readonly epoch: string } & Readonly<Record<(typeof HEAD_FIELDS)[number], number>>;

const EPOCH_BYTES = 16;

/** How Lua's `struct` packs a head. */
export const HEAD_FORMAT: string = `<c${EPOCH_BYTES}${"d".repeat(HEAD_FIELDS.length)}`;

/** Bytes of a packed head; an older format has fewer. */
export const HEAD_BYTES: number = EPOCH_BYTES + 8 * HEAD_FIELDS.length;

/** Reads a head as a script wrote it. */
export function unpackHead(bytes: Buffer): ShardHead {
  const numbers = HEAD_FIELDS.map((name, i) => [name, bytes.readDoubleLE(EPOCH_BYTES + 8 * i)] as const);
  return {
    epoch: bytes.toString("latin1", 0, EPOCH_BYTES),
    ...(Object.fromEntries(numbers) as Record<(typeof HEAD_FIELDS)[number], number>),
  };
}
