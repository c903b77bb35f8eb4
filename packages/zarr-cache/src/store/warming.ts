import { InvalidOptionError } from "../errors.ts";
import { assertFunction, assertKnownOptions, assertSignal, parseCount } from "../options.ts";
import { arrayKeys, type Region } from "./array-keys.ts";

/** What to warm: keys, or the chunks of arrays, of which a region can be chosen. */
export type WarmSelection =
  | Iterable<string>
  | AsyncIterable<string>
  | { readonly arrays: readonly string[]; readonly region?: Region };

/** Options of `warm`. */
export interface WarmOptions {
  /** Called after each key. */
  readonly onProgress?: (progress: WarmProgress) => void;
  /** Reads at once. Default 16. */
  readonly concurrency?: number;
  /** Ends it; what is cached stays cached, so the next call goes on from there. */
  readonly signal?: AbortSignal;
}

/** How far it is. */
export interface WarmProgress {
  /** Keys that were read, failed ones included. */
  readonly done: number;
  /** All keys, where that is known. */
  readonly total: number | undefined;
  /** Bytes of the values that were read. */
  readonly bytes: number;
  /** Keys that the source failed for. */
  readonly failed: number;
}

/** What came of it. */
export interface WarmReport extends WarmProgress {
  /** Keys that have no value. */
  readonly missing: number;
  /** The first failures, at most 100. */
  readonly failures: readonly { readonly key: string; readonly error: unknown }[];
}

const MOST_FAILURES = 100;
const MOST_AT_ONCE = 1024;

/** Reads keys so that they are cached. A key that fails is counted and the others go on; an abort rejects. */
export async function warm(
  read: (key: string, signal: AbortSignal | undefined) => Promise<Uint8Array | undefined>,
  selection: WarmSelection,
  options: WarmOptions,
): Promise<WarmReport> {
  assertKnownOptions("warm", options, ["onProgress", "concurrency", "signal"]);
  const { signal, onProgress, concurrency: wanted = 16 } = options;
  const concurrency = Math.min(parseCount("concurrency", wanted, 1), MOST_AT_ONCE);
  assertSignal("signal", signal);
  if (onProgress !== undefined) assertFunction("onProgress", onProgress, "a function (progress) => void");
  const keys = await keysOf(selection, (key) => read(key, signal));
  const total = Array.isArray(keys) ? keys.length : undefined;
  const failures: { key: string; error: unknown }[] = [];
  let [done, bytes, failed, missing] = [0, 0, 0, 0];
  const iterator = Symbol.asyncIterator in keys ? keys[Symbol.asyncIterator]() : keys[Symbol.iterator]();
  let stopped = false;
  const reader = async () => {
    while (!stopped) {
      signal?.throwIfAborted();
      const next = await iterator.next();
      if (next.done) return;
      const key: string = next.value;
      try {
        const value = await read(key, signal);
        if (value === undefined) missing++;
        else bytes += value.byteLength;
      } catch (error) {
        signal?.throwIfAborted();
        failed++;
        if (failures.length < MOST_FAILURES) failures.push({ key, error });
      }
      done++;
      onProgress?.({ done, total, bytes, failed });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, total ?? concurrency) }, reader));
  } finally {
    // After an abort, or when `onProgress` throws, the others stop as well.
    stopped = true;
    await iterator.return?.();
  }
  return { done, total: total ?? done, bytes, failed, missing, failures };
}

async function keysOf(
  selection: WarmSelection,
  read: (key: `/${string}`) => Promise<Uint8Array | undefined>,
): Promise<readonly string[] | AsyncIterable<string>> {
  if (typeof selection === "object" && selection !== null) {
    if (Symbol.asyncIterator in selection) return selection;
    if (Symbol.iterator in selection) return [...selection];
    assertKnownOptions("selection", selection, ["arrays", "region"]);
    const { arrays, region } = selection;
    if (region !== undefined && !Array.isArray(region))
      throw new InvalidOptionError("region", region, "one [start, stop] or null for each dimension");
    if (Array.isArray(arrays) && arrays.every((path) => typeof path === "string")) {
      const keys: string[] = [];
      for (const array of arrays) keys.push(...(await arrayKeys(read, array, region)));
      return keys;
    }
  }
  throw new InvalidOptionError("selection", selection, "keys, or { arrays: [paths], region? }");
}
