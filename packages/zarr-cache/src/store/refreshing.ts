import { classOf } from "../key.ts";
import { waitOrLeave } from "../shared-wait.ts";
import type { EntryInfo } from "../store-index.ts";
import { type CachedParts, cachedParts } from "./cached-entries.ts";
import type { Revalidated } from "./fetching.ts";
import type { FrontDeskContext } from "./front-desk.ts";
import { eachOf, keysAtOnce } from "./many-keys.ts";

/** Options of `refresh`. */
export interface RefreshOptions {
  /** Called after each copy. */
  readonly onProgress?: (progress: RefreshProgress) => void;
  /** Keys at once. Default 16. */
  readonly concurrency?: number;
  /** Ends it; what was asked about is as young as the answer. */
  readonly signal?: AbortSignal;
}

/** How far it is: `checked = unchanged + changed + dropped + failed`. */
export interface RefreshProgress {
  /** Copies that were dealt with: values, ranges, and keys known to be missing. */
  readonly checked: number;
  /** Of these, copies that the source says hold still, or that have the same bytes. */
  readonly unchanged: number;
  /** Copies of which the source has another version now: dropped, and fetched when they are read next. */
  readonly changed: number;
  /** Copies that are gone: of keys that the source has no more, and those that went with what has changed. */
  readonly dropped: number;
  /** Copies that the source failed for; they stay as they are. */
  readonly failed: number;
}

/** What came of it. */
export interface RefreshReport extends RefreshProgress {
  /** The first failures, at most 100. */
  readonly failures: readonly { readonly key: string; readonly error: unknown }[];
}

/** What is refreshed, and how. */
export interface RefreshContext {
  /** What is cached, by key. */
  parts(): AsyncIterable<CachedParts>;
  /** `isTold`: another part of the key turned out to hold still. */
  revalidate(entry: EntryInfo, isTold: boolean, signal: AbortSignal): Promise<Revalidated>;
}

/** What is refreshed of a store. */
export function refreshContext(
  { storage, storeId, reader }: Pick<FrontDeskContext, "storage" | "storeId" | "reader">,
  path: string,
): RefreshContext {
  return {
    parts: () => cachedParts(storage, storeId, path),
    revalidate: (entry, isTold, signal) => reader.revalidate(entry, isTold, signal),
  };
}

const MOST_FAILURES = 100;

/** Asks the source about all that is cached, metadata first: where these have changed, what is below goes unasked. */
export async function refresh(context: RefreshContext, options: RefreshOptions): Promise<RefreshReport> {
  const atOnce = keysAtOnce("refresh", options);
  const { signal, onProgress } = options;
  const stop = new AbortController();
  const counts = { checked: 0, unchanged: 0, changed: 0, dropped: 0, failed: 0 };
  const failures: { key: string; error: unknown }[] = [];
  const check = async (entry: EntryInfo, isTold: boolean) => {
    let outcome: Revalidated | undefined;
    try {
      // Not every source listens to a signal.
      outcome = await waitOrLeave(context.revalidate(entry, isTold, stop.signal), stop.signal, () => {});
      counts[outcome]++;
    } catch (error) {
      signal?.throwIfAborted();
      counts.failed++;
      if (failures.length < MOST_FAILURES) failures.push({ key: entry.key, error });
    }
    counts.checked++;
    onProgress?.({ ...counts });
    return isTold || outcome === "unchanged";
  };
  const data = { before: 0, found: 0 };
  const pass = (keyClass: "metadata" | "data") =>
    eachOf(context.parts(), atOnce, async (parts) => {
      signal?.throwIfAborted();
      const isOf = classOf(parts[0].key) === keyClass;
      if (keyClass === "data" && isOf) data.found += parts.length;
      if (keyClass === "metadata" && !isOf) data.before += parts.length;
      let isTold = false;
      for (const entry of isOf ? parts : []) isTold = await check(entry, isTold);
    });
  const abort = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await pass("metadata");
    await pass("data");
  } finally {
    // After an abort, or when `onProgress` throws, the others stop as well.
    stop.abort();
    signal?.removeEventListener("abort", abort);
  }
  // What the first pass saw and the second did not went with metadata that have changed.
  const gone = Math.max(0, data.before - data.found);
  counts.dropped += gone;
  counts.checked += gone;
  return { ...counts, failures };
}
