import { MemoryStoreIndex } from "zarr-cache";
import { fillIndex } from "../frame/fill-index.ts";
import type { Trace } from "./trace.ts";

/** What a replay asks of the index. */
export interface ReplaySetting {
  readonly policy: "gdsf" | "lru";
  readonly maxBytes: number;
  /** Milliseconds that fetching each object takes, by object number. */
  readonly costs: Float64Array;
}

/**
 * Replays a trace through the memory index itself, with values of stated size but without bytes, on a clock that moves
 * one millisecond for each request. Returns the total cost of all misses, in milliseconds.
 *
 * An entry may be as large as the budget, so that what is measured is the order of eviction.
 */
export function replay(trace: Trace, { policy, maxBytes, costs }: ReplaySetting): number {
  let now = 0;
  const index = new MemoryStoreIndex({ maxBytes, maxEntryBytes: maxBytes, policy, clock: () => now });
  index.open();
  index.markClean();
  const parts = Array.from(trace.sizes, (_, object) => ({ storeId: "trace", key: `/c/${object}` }));
  let missCost = 0;
  for (const object of trace.requests) {
    now++;
    const part = parts[object];
    if (part === undefined || index.lookup(part) !== undefined) continue;
    const cost = costs[object] ?? 0;
    const size = trace.sizes[object] ?? 0;
    missCost += cost;
    fillIndex(index, part, { footprint: size, size, cost, weight: 1 });
  }
  index.close();
  return missCost;
}

/** Bytes that the index charges for an entry beside its value, found by asking it. */
export function overheadOfAnEntry(): number {
  const index = new MemoryStoreIndex({ maxBytes: 1_000_000 });
  index.open();
  index.markClean();
  fillIndex(index, { storeId: "trace", key: "/c/0" }, { footprint: 1000, size: 1000, cost: 1, weight: 1 });
  return index.usage().bytes - 1000;
}
