import { InvalidOptionError } from "../errors.ts";
import { isUnder } from "../key.ts";
import { parseRangeId } from "../range.ts";
import type { EntryInfo, EntryOrder, EntryPage, EntryQuery } from "../store-index.ts";
import type { RedisConnection } from "./connection.ts";
import { birthOf, unpackFacts, unpackStatistics } from "./entry-record.ts";
import { fieldsOf } from "./hash-fields.ts";
import { readCuts } from "./hidden-entries.ts";
import type { ShardKeys } from "./shard-keys.ts";

/** What listing needs of an index. */
export interface ListingPlace {
  readonly connection: RedisConnection;
  readonly shards: readonly { readonly keys: ShardKeys }[];
  readonly epoch: string;
  now(): number;
}

/** Where an entry stands in an order: by worth, then by id. */
interface Mark {
  readonly worth: number;
  readonly id: string;
}

const ORDERS: readonly EntryOrder[] = ["key", "size", "age", "hits", "cost"];

/**
 * Reads a page of entries in order: all entries are gone through in short steps, and the best `limit` behind the cursor
 * are kept here. Linear in the number of entries for every page; Redis is never held for long.
 */
export async function listEntries(place: ListingPlace, query: EntryQuery): Promise<EntryPage> {
  const { orderBy = "key", limit = 100, storeId, prefix = "/" } = query;
  if (!ORDERS.includes(orderBy)) throw new InvalidOptionError("orderBy", orderBy, ORDERS.join(", "));
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new InvalidOptionError("limit", limit, "a whole number ≥ 1");
  if (query.prefix !== undefined && storeId === undefined)
    throw new InvalidOptionError("prefix", prefix, "a path together with storeId");
  const page = new BestEntries(limit, query.cursor === undefined ? undefined : readCursor(query.cursor));
  for (const { keys } of place.shards) {
    const cuts = await readCuts(place.connection, keys.cuts);
    for await (const [id, bytes] of entriesOf(place.connection, keys)) {
      const [owner = "", key = "", range = ""] = id.split("\n");
      if (storeId !== undefined && (owner !== storeId || !isUnder(key, prefix))) continue;
      if (cuts.hides(owner, key, birthOf(bytes))) continue;
      const info = describe(owner, key, range, bytes, place);
      page.offer({ worth: worthOf(info, orderBy), id }, info);
    }
  }
  const best = page.sorted();
  const last = best.length === limit ? best.at(-1) : undefined;
  return {
    entries: best.map(({ info }) => info),
    cursor: last && Buffer.from(JSON.stringify([last.worth, last.id])).toString("base64url"),
  };
}

/** Goes through the entries of a shard in short steps; one that is there all the while comes at least once. */
export async function* entriesOf(
  connection: RedisConnection,
  keys: ShardKeys,
): AsyncIterable<readonly [string, Buffer]> {
  for await (const [field, value] of fieldsOf(connection, keys.entries)) {
    const first = field[0];
    // The mark of the epoch and the cuts.
    if (first !== 33 && first !== 61 && first !== 62) yield [String(field), value];
  }
}

/** Keeps the first `limit` that come behind a mark: a buffer that is sorted and cut back whenever it has doubled. */
class BestEntries {
  readonly #limit: number;
  readonly #after: Mark | undefined;
  readonly #found = new Map<string, Mark & { readonly info: EntryInfo }>();
  #last: Mark | undefined;

  constructor(limit: number, after: Mark | undefined) {
    this.#limit = limit;
    this.#after = after;
  }

  offer(mark: Mark, info: EntryInfo): void {
    if (this.#after !== undefined && compare(mark, this.#after) <= 0) return;
    if (this.#last !== undefined && compare(mark, this.#last) > 0) return;
    this.#found.set(mark.id, { ...mark, info });
    if (this.#found.size < 2 * this.#limit + 64) return;
    const kept = this.sorted();
    this.#found.clear();
    for (const each of kept) this.#found.set(each.id, each);
    this.#last = kept.at(-1);
  }

  sorted(): (Mark & { readonly info: EntryInfo })[] {
    return [...this.#found.values()].sort(compare).slice(0, this.#limit);
  }
}

function compare(a: Mark, b: Mark): number {
  if (a.worth !== b.worth) return a.worth - b.worth;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

function worthOf(info: EntryInfo, orderBy: EntryOrder): number {
  return orderBy === "key" ? 0 : -info[orderBy];
}

function describe(
  storeId: string,
  key: string,
  rangeText: string,
  bytes: Buffer,
  place: ListingPlace,
): EntryInfo {
  const range = parseRangeId(rangeText);
  const { whole: _, grace: __, fetchedAt, ...facts } = unpackFacts(bytes, place.epoch, false);
  const { uses, ...statistics } = unpackStatistics(bytes);
  return {
    storeId,
    key,
    ...(range && { range }),
    ...facts,
    ...statistics,
    hits: uses - 1,
    age: place.now() - fetchedAt,
  };
}

function readCursor(cursor: string): Mark {
  try {
    const [worth, id] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as [unknown, unknown];
    if (typeof worth === "number" && typeof id === "string") return { worth, id };
  } catch {}
  throw new InvalidOptionError("cursor", cursor, "the cursor of an earlier page");
}
