import { InvalidOptionError } from "./errors.ts";
import { assertPath, assertStoreId } from "./key.ts";
import { assertKnownOptions } from "./options.ts";
import type { EntryOrder, EntryQuery } from "./store-index.ts";

const NAMES = ["storeId", "prefix", "orderBy", "limit", "cursor"] as const satisfies (keyof EntryQuery)[];
const ORDERS: readonly unknown[] = ["key", "size", "age", "hits", "cost"] satisfies EntryOrder[];

/** Throws `InvalidOptionError` for a query that has an unknown name or an impossible value. */
export function assertEntryQuery(query: EntryQuery): void {
  assertKnownOptions("entries", query, NAMES);
  const { storeId, prefix, orderBy = "key", limit = 1, cursor } = query;
  if (storeId !== undefined) assertStoreId(storeId);
  if (prefix !== undefined) {
    if (storeId === undefined) throw new InvalidOptionError("prefix", prefix, "a path together with storeId");
    assertPath(prefix);
  }
  if (!ORDERS.includes(orderBy)) throw new InvalidOptionError("orderBy", orderBy, ORDERS.join(", "));
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new InvalidOptionError("limit", limit, "a whole number ≥ 1");
  if (cursor !== undefined && typeof cursor !== "string")
    throw new InvalidOptionError("cursor", cursor, "the cursor of an earlier page");
}
