import { assertEntryQuery } from "../entry-query.ts";
import { InvalidOptionError } from "../errors.ts";
import { isUnder } from "../key.ts";
import { PINNED } from "../policy.ts";
import { parseRangeId } from "../range.ts";
import type { EntryInfo, EntryOrder, EntryPage, EntryQuery } from "../store-index.ts";
import type { CutList } from "./cut-list.ts";
import { prefixesOf } from "./cut-list.ts";
import { type EntryRecord, unpackEntry } from "./entry-record.ts";
import { behindPrefix, fitsKey, getJson, type IndexTables } from "./index-tables.ts";
import type { StoreRecord } from "./ledger.ts";
import { currentOrder, type OrderFacts } from "./order-key.ts";

/** What listing needs of an index. */
export interface ListingPlace {
  readonly tables: IndexTables;
  readonly cuts: CutList;
  now(): number;
  /** Makes the next reads see the latest state; throws when the index was closed. */
  refresh(): void;
}

/** Keys that are read in one go, some two milliseconds. */
const SLICE = 4000;
const DEFAULT_LIMIT = 100;

/** Where a page sorted by a number ended. */
interface Mark {
  readonly value: number;
  readonly created: number;
}

/** Reads a page of entries, giving way to the event loop between slices. */
export async function readPage(place: ListingPlace, query: EntryQuery): Promise<EntryPage> {
  assertEntryQuery(query);
  const { orderBy = "key", limit = DEFAULT_LIMIT } = query;
  return orderBy === "key" ? pageByKey(place, query, limit) : pageByNumber(place, query, orderBy, limit);
}

async function pageByKey(place: ListingPlace, query: EntryQuery, limit: number): Promise<EntryPage> {
  const found: EntryInfo[] = [];
  const after = query.cursor === undefined ? undefined : readCursor<string>(query.cursor);
  let last = after;
  for await (const { id, entry } of entriesOf(place, query, after, Math.min(limit + 1, SLICE))) {
    if (found.length === limit) return { entries: found, cursor: writeCursor(last) };
    found.push(describe(id, entry, place.now()));
    last = id;
  }
  return { entries: found, cursor: undefined };
}

/** Keeps the best `limit` of all that come behind the cursor; equal ones in the order in which they were cached. */
async function pageByNumber(
  place: ListingPlace,
  query: EntryQuery,
  orderBy: EntryOrder,
  limit: number,
): Promise<EntryPage> {
  const mark = query.cursor === undefined ? undefined : readCursor<Mark>(query.cursor);
  const best: (Mark & { readonly id: string })[] = [];
  let more = false;
  const offer = (facts: OrderFacts | EntryRecord, id: () => string | undefined): void => {
    const candidate = { value: numberOf(facts, orderBy), created: facts.created };
    if (mark !== undefined && before(candidate, mark) <= 0) return;
    const worst = best[limit - 1];
    if (worst !== undefined && before(candidate, worst) >= 0) {
      more ||= candidate.created !== worst.created;
      return;
    }
    const place = best.findIndex((other) => before(candidate, other) <= 0);
    if (place >= 0 && best[place]?.created === candidate.created) return;
    const name = id();
    if (name === undefined) return;
    best.splice(place < 0 ? best.length : place, 0, { ...candidate, id: name });
    if (best.length > limit) {
      best.pop();
      more = true;
    }
  };
  if (query.prefix === undefined) await scanOrder(place, query.storeId, offer);
  else for await (const { id, entry } of entriesOf(place, query, undefined, SLICE)) offer(entry, () => id);
  place.refresh();
  const entries: EntryInfo[] = [];
  const now = place.now();
  for (const { id } of best) {
    const bytes = place.tables.entries.getBinaryFast(id);
    if (bytes !== undefined) entries.push(describe(id, unpackEntry(bytes), now));
  }
  const end = best.at(-1);
  const cursor =
    more && end !== undefined ? writeCursor({ value: end.value, created: end.created }) : undefined;
  return { entries, cursor };
}

/** Goes through the order table by its keys alone. Entries that are used meanwhile move up and may come twice. */
async function scanOrder(
  { tables, cuts, refresh }: ListingPlace,
  storeId: string | undefined,
  offer: (facts: OrderFacts, id: () => string | undefined) => void,
): Promise<void> {
  let start: Uint8Array | undefined;
  const store = storeId === undefined ? undefined : getJson<StoreRecord>(tables.state, `s${storeId}`)?.number;
  if (storeId !== undefined && store === undefined) return;
  for (;;) {
    refresh();
    let seen = 0;
    const range =
      start === undefined
        ? { start: new Uint8Array(1), limit: SLICE }
        : { start, exclusiveStart: true, limit: SLICE };
    for (const key of tables.order.getKeys(range)) {
      seen++;
      if (seen === SLICE) start = Uint8Array.from(key);
      if (store === undefined || currentOrder.store === store)
        offer(currentOrder, () => visibleId(tables, cuts, key));
    }
    if (seen < SLICE) return;
    await nextTurn();
  }
}

function visibleId(tables: IndexTables, cuts: CutList, key: Uint8Array): string | undefined {
  const id = tables.order.getBinaryFast(key)?.toString();
  const bytes = id === undefined ? undefined : tables.entries.getBinaryFast(id);
  return id === undefined || bytes === undefined || cuts.hides(id, unpackEntry(bytes).birth) ? undefined : id;
}

/** Visible entries in the order of their ids, behind `after`. */
async function* entriesOf(
  { tables, cuts, refresh }: ListingPlace,
  { storeId, prefix }: EntryQuery,
  after: string | undefined,
  size: number,
): AsyncIterable<{ readonly id: string; readonly entry: EntryRecord }> {
  if (prefix !== undefined && storeId === undefined)
    throw new InvalidOptionError("prefix", prefix, "a path together with storeId");
  const path = prefix ?? "/";
  if (!fitsKey(`${storeId}\n${path}\n`) || (after !== undefined && !fitsKey(after))) return;
  // One range for a key and what is below it, so that the order is that of ids; what lies between is skipped.
  const [first, last] =
    storeId === undefined ? ["", "~"] : boundsOf(prefixesOf({ storeId, path, exact: false }));
  let start = after ?? first;
  let skip = after !== undefined;
  for (;;) {
    refresh();
    const slice: { readonly id: string; readonly entry: EntryRecord }[] = [];
    let seen = 0;
    const range = { start: start === "" ? "!" : start, end: last, exclusiveStart: skip, limit: size };
    for (const { key: id, value } of tables.entries.getRange(range)) {
      seen++;
      start = id;
      skip = true;
      const entry = unpackEntry(value);
      if (storeId !== undefined && !isUnder(keyOf(id), path)) continue;
      if (!cuts.hides(id, entry.birth)) slice.push({ id, entry });
    }
    yield* slice;
    if (seen < size) return;
    await nextTurn();
  }
}

function boundsOf(prefixes: readonly string[]): [string, string] {
  return [prefixes[0] as string, behindPrefix(prefixes.at(-1) as string)];
}

function numberOf(facts: OrderFacts | EntryRecord, orderBy: EntryOrder): number {
  if (orderBy === "size") return facts.size;
  if (orderBy === "hits") return facts.hits;
  if (orderBy === "cost") return facts.cost;
  // The oldest was fetched first.
  return -facts.fetchedAt;
}

/** Below zero when `a` comes first: the larger number, of equal ones that which was cached earlier. */
function before(a: Mark, b: Mark): number {
  return b.value - a.value || a.created - b.created;
}

function describe(id: string, entry: EntryRecord, now: number): EntryInfo {
  const [storeId = "", key = "", rangeText = ""] = id.split("\n");
  const range = parseRangeId(rangeText);
  const {
    token,
    missing,
    size,
    charge,
    cost,
    hits,
    lastUsedAt,
    accessDuration,
    weight,
    expiresAt,
    validator,
    location,
    checksum,
  } = entry;
  const statistics = {
    token,
    missing,
    size,
    charge,
    cost,
    hits,
    lastUsedAt,
    accessDuration,
    pinned: weight === PINNED,
  };
  const part = range === undefined ? { storeId, key } : { storeId, key, range };
  return { ...part, ...statistics, age: now - entry.fetchedAt, expiresAt, validator, checksum, location };
}

function keyOf(id: string): string {
  return id.split("\n")[1] ?? "";
}

function writeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function readCursor<T>(cursor: string): T {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString()) as T;
  } catch (error) {
    throw new InvalidOptionError("cursor", cursor, "the cursor of a page before", { cause: error });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
