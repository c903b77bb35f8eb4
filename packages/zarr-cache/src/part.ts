import { type RangeQuery, rangeId } from "./range.ts";

/** What of a key an entry holds: the whole value, or one range of it, or the fact that the key was missing when asked for it. */
export interface Part {
  /** Names the source inside a cache that is shared by many. */
  readonly storeId: string;
  /** A Zarr key, such as `/t2m/c/0/4`. */
  readonly key: string;
  /** The bytes of the value; absent for the whole. */
  readonly range?: RangeQuery;
}

/** One string that names a part: store id, key and range on a line each (none of them can hold a line break). */
export function partId(part: Part): string {
  return `${part.storeId}\n${part.key}\n${rangeIdOf(part)}`;
}

/** The {@link partId} of the whole value of a part's key. */
export function wholeId({ storeId, key }: Pick<Part, "storeId" | "key">): string {
  return `${storeId}\n${key}\n`;
}

/** Names the range of a part within its key; `""` for the whole. */
export function rangeIdOf(part: Part): string {
  return part.range === undefined ? "" : rangeId(part.range);
}
