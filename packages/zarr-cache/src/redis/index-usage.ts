import type { IndexUsage } from "../store-index.ts";
import type { RedisConnection } from "./connection.ts";
import { fieldsOf } from "./hash-fields.ts";
import { unpackHead } from "./head-record.ts";
import { readCuts } from "./hidden-entries.ts";
import type { ShardKeys } from "./shard-keys.ts";

/** What counting needs of an index. */
export interface UsagePlace {
  readonly connection: RedisConnection;
  readonly shards: readonly { readonly keys: ShardKeys }[];
  readonly now: number;
  readonly lockAge: number;
}

type Counts = Pick<IndexUsage, "entries" | "bytes" | "condemnedBytes" | "claims">;
type Bounds = Pick<IndexUsage, "maxBytes" | "maxEntries" | "pinnedBytes" | "maxPinnedBytes">;

const RENEWED_AT = 20;
const BIRTH = 28;

/** Adds up the counts of all shards, for one store or for all; and the bounds, as Redis has them. */
export async function readUsage(place: UsagePlace, storeId: string | undefined): Promise<Counts & Bounds> {
  const parts = await Promise.all(place.shards.map(({ keys }) => readShard(place, keys, storeId)));
  const sum = (of: (part: Counts & Bounds) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    entries: sum(({ entries }) => entries),
    bytes: sum(({ bytes }) => bytes),
    condemnedBytes: sum(({ condemnedBytes }) => condemnedBytes),
    claims: sum(({ claims }) => claims),
    maxBytes: sum(({ maxBytes }) => maxBytes),
    maxEntries: sum(({ maxEntries }) => maxEntries),
    pinnedBytes: sum(({ pinnedBytes }) => pinnedBytes),
    maxPinnedBytes: sum(({ maxPinnedBytes }) => maxPinnedBytes),
  };
}

async function readShard(
  { connection, now, lockAge }: UsagePlace,
  keys: ShardKeys,
  storeId: string | undefined,
): Promise<Counts & Bounds> {
  const [packed, store, cuts] = await Promise.all([
    connection.hgetBuffer(keys.books, "h"),
    storeId === undefined ? null : connection.hgetBuffer(keys.books, `s${storeId}`),
    readCuts(connection, keys.cuts),
  ]);
  const live = new Set<string>();
  for await (const [id, claim] of fieldsOf(connection, keys.claims)) {
    const [owner = "", key = ""] = String(id).split("\n");
    if (storeId !== undefined && owner !== storeId) continue;
    if (Math.abs(now - claim.readDoubleLE(RENEWED_AT)) > lockAge) continue;
    if (!cuts.hides(owner, key, claim.readUIntLE(BIRTH, 6))) live.add(String(id));
  }
  const head = packed === null ? undefined : unpackHead(packed);
  const { maxBytes = 0, maxEntries = 0, pinned: pinnedBytes = 0, maxPinnedBytes = 0 } = head ?? {};
  const bounds = { maxBytes, maxEntries, pinnedBytes, maxPinnedBytes, claims: live.size };
  if (storeId === undefined) {
    const { entries = 0, charged: bytes = 0, condemned: condemnedBytes = 0 } = head ?? {};
    return { ...bounds, entries, bytes, condemnedBytes };
  }
  const number = (at: number) => store?.readDoubleLE(8 * at) ?? 0;
  return { ...bounds, entries: number(0), bytes: number(1), condemnedBytes: number(2) };
}
