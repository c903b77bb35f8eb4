import type { LazyArray } from "./dataset/lazy-array.ts";

/** What can be warmed by array and region: a `CachedStore`. */
export interface Warmable<O, R> {
  warm(
    what: { readonly arrays: readonly string[]; readonly region: [number, number][] },
    options?: O,
  ): Promise<R>;
}

/**
 * Fills a cache with what a selection will read: `warm(store, dataset.get("t2m").sel({ time: "2018" }))`. The region is
 * the smallest box that holds the selection, in the positions of the array.
 */
export function warm<O, R>(
  store: Warmable<O, R>,
  selection: Pick<LazyArray, "path" | "region">,
  options?: O,
): Promise<R> {
  return store.warm({ arrays: [selection.path], region: selection.region }, options);
}
