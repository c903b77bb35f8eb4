import { classOf } from "../key.ts";
import { assertFunction, assertKnownOptions, assertSignal, parseCount } from "../options.ts";
import type { EntryInfo } from "../store-index.ts";
import type { Revalidated } from "./fetching.ts";

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
  /** What is cached, all parts of a key together. */
  entries(): AsyncIterable<EntryInfo>;
  /** `isTold`: another part of the key turned out to hold still. */
  revalidate(entry: EntryInfo, isTold: boolean, signal: AbortSignal): Promise<Revalidated>;
}

const MOST_FAILURES = 100;
const MOST_AT_ONCE = 1024;

/** Asks the source about all that is cached, metadata first: where these have changed, what is below goes unasked. */
export async function refresh(context: RefreshContext, options: RefreshOptions): Promise<RefreshReport> {
  assertKnownOptions("refresh", options, ["onProgress", "concurrency", "signal"]);
  const { signal, onProgress, concurrency: wanted = 16 } = options;
  const concurrency = Math.min(parseCount("concurrency", wanted, 1), MOST_AT_ONCE);
  assertSignal("signal", signal);
  if (onProgress !== undefined) assertFunction("onProgress", onProgress, "a function (progress) => void");
  signal?.throwIfAborted();
  const stop = new AbortController();
  const counts = { unchanged: 0, changed: 0, dropped: 0, failed: 0 };
  const failures: { key: string; error: unknown }[] = [];
  const progress = () => {
    const { unchanged, changed, dropped, failed } = counts;
    return { checked: unchanged + changed + dropped + failed, ...counts };
  };
  const check = async (entry: EntryInfo, isTold: boolean) => {
    let outcome: Revalidated | undefined;
    try {
      outcome = await context.revalidate(entry, isTold, stop.signal);
      counts[outcome]++;
    } catch (error) {
      signal?.throwIfAborted();
      counts.failed++;
      if (failures.length < MOST_FAILURES) failures.push({ key: entry.key, error });
    }
    onProgress?.(progress());
    return isTold || outcome === "unchanged";
  };
  const data = { before: 0, found: 0 };
  const pass = async (keyClass: "metadata" | "data") => {
    const keys = byKey(context.entries(), (entry) => {
      if (classOf(entry.key) === keyClass) return true;
      if (keyClass === "metadata") data.before++;
      return false;
    });
    const worker = async () => {
      for (;;) {
        signal?.throwIfAborted();
        const next = await keys.next();
        if (next.done) return;
        if (keyClass === "data") data.found += next.value.length;
        let isTold = false;
        for (const entry of next.value) isTold = await check(entry, isTold);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  };
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
  counts.dropped += Math.max(0, data.before - data.found);
  return { ...progress(), failures };
}

/** The entries that count, those of each key together. */
async function* byKey(
  entries: AsyncIterable<EntryInfo>,
  counts: (entry: EntryInfo) => boolean,
): AsyncGenerator<EntryInfo[], undefined> {
  let parts: EntryInfo[] = [];
  for await (const entry of entries) {
    if (!counts(entry)) continue;
    if (parts.length > 0 && parts[0]?.key !== entry.key) {
      yield parts;
      parts = [];
    }
    parts.push(entry);
  }
  if (parts.length > 0) yield parts;
  return undefined;
}
