import { isZarrCacheError } from "../errors.ts";
import { assertFlags } from "../options.ts";
import { eachOf, keysAtOnce } from "./many-keys.ts";
import { type KeySelection, selectKeys } from "./selection.ts";

/** Options of `warm`. */
export interface WarmOptions {
  /** Called after each key. */
  readonly onProgress?: (progress: WarmProgress) => void;
  /** Reads at once. Default 16. */
  readonly concurrency?: number;
  /** Ends it; what is cached stays cached, so the next call goes on from there. */
  readonly signal?: AbortSignal;
  /** Whether the keys are to stay until they are unpinned. Default no. */
  readonly pin?: boolean;
}

/** How far it is. */
export interface WarmProgress {
  /** Keys that were read, failed ones included. */
  readonly done: number;
  /** All keys, where that is known: not for keys that come one by one, nor for a pattern with more than 10,000. */
  readonly total: number | undefined;
  /** Of these, keys that were cached and fresh, so that the source was not asked: what an earlier call got through. */
  readonly cached: number;
  /** Bytes of the values that were read. */
  readonly bytes: number;
  /** Keys that the source failed for. */
  readonly failed: number;
}

/** What came of it. */
export interface WarmReport extends WarmProgress {
  /** Keys that have no value. */
  readonly missing: number;
  /** Keys that were read and are not kept: what nobody has read yet drives out nothing that somebody has. */
  readonly refused: number;
  /** The first failures, at most 100. */
  readonly failures: readonly { readonly key: string; readonly error: unknown }[];
}

/** What became of one key. */
export interface Warmed {
  readonly missing: boolean;
  readonly bytes: number;
  /** Whether it was there already. */
  readonly fromCache: boolean;
  readonly isKept: boolean;
}

/** A metadata document, and whether it was there already. */
export interface WarmedDocument {
  readonly value: Uint8Array | undefined;
  readonly fromCache: boolean;
}

/** What a store warms with. */
export interface WarmContext {
  /** All keys under a path, until the signal says to leave. */
  keys(path: string, signal: AbortSignal | undefined): AsyncIterable<string>;
  document(key: string, signal: AbortSignal | undefined): Promise<WarmedDocument>;
  warm(key: string, signal: AbortSignal | undefined, pin: boolean): Promise<Warmed>;
}

const MOST_FAILURES = 100;

/** Reads keys so that they are cached. A key that fails is counted and the others go on; an abort, or too many pins, rejects. */
export async function warm(
  context: WarmContext,
  selection: KeySelection,
  options: WarmOptions,
): Promise<WarmReport> {
  const atOnce = keysAtOnce("warm", options, ["pin"]);
  const { signal, onProgress, pin = false } = options;
  assertFlags({ pin });
  const fetched = new Set<string>();
  const document = async (key: string) => {
    signal?.throwIfAborted();
    const { value, fromCache } = await context.document(key, signal);
    if (!fromCache) fetched.add(key);
    return value;
  };
  const keysUnder = (path: string) => context.keys(path, signal);
  const { keys, total } = await selectKeys(selection, { read: document, keys: keysUnder });
  const failures: { key: string; error: unknown }[] = [];
  let [done, cached, bytes, failed, missing, refused] = [0, 0, 0, 0, 0, 0];
  const warmOne = async (key: string) => {
    signal?.throwIfAborted();
    try {
      const warmed = await context.warm(key, signal, pin);
      // Metadata that the selection was made with is cached by now, but not by an earlier call.
      if (warmed.fromCache && !fetched.has(key)) cached++;
      if (warmed.missing) missing++;
      if (!warmed.isKept) refused++;
      bytes += warmed.bytes;
    } catch (error) {
      signal?.throwIfAborted();
      // The next ones would find no room either.
      if (isZarrCacheError(error, "PinLimitError")) throw error;
      failed++;
      if (failures.length < MOST_FAILURES) failures.push({ key, error });
    }
    done++;
    onProgress?.({ done, total, cached, bytes, failed });
  };
  await eachOf(keys, atOnce, warmOne, signal);
  return { done, total: total ?? done, cached, bytes, failed, missing, refused, failures };
}
