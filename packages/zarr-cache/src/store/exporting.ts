import { assertKey, classOf, type Key } from "../key.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { assertFlags, assertMethods } from "../options.ts";
import { type ArrayExtent, type ExtentContext, PartialExportError, partialArrays } from "./completeness.ts";
import { eachOf, keysAtOnce } from "./many-keys.ts";
import { type KeySelection, type SelectionContext, selectKeys } from "./selection.ts";

/** Where an export is written to: any writable store, such as a `Map` or what `zarr-cache/node` makes of a directory. */
export interface ExportTarget {
  set(key: Key, value: Uint8Array): MaybePromise<unknown>;
}

/** Options of `export`. */
export interface ExportOptions {
  /** Writes only what is cached, and asks the source for nothing. Default no: what is selected and not cached is fetched. */
  readonly cachedOnly?: boolean;
  /** Allows arrays of which chunks are left out, and writes {@link PARTIAL_MARK}. Default no. */
  readonly partial?: boolean;
  /** Called after each key. */
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Keys at once. Default 16. */
  readonly concurrency?: number;
  /** Ends it. What was written stays; metadata is written last, so that it is not yet an array. */
  readonly signal?: AbortSignal;
}

/** How far an export or an import is. */
export interface CopyProgress {
  /** Values that were copied. */
  readonly done: number;
  /** All values, where that is known. */
  readonly total: number | undefined;
  readonly bytes: number;
}

/** What an export wrote. */
export interface ExportReport extends CopyProgress {
  /** Keys that were selected and have no value. */
  readonly missing: number;
  /** Arrays that were written in part. */
  readonly partial: readonly ArrayExtent[];
}

/** The key of the document that says which arrays of an export are incomplete. */
export const PARTIAL_MARK = "/zarr-cache-partial.json";

/** What is exported from. */
export interface ExportContext extends SelectionContext, ExtentContext {
  /** Reads through the cache, or from the cache alone. */
  value(key: Key, signal: AbortSignal | undefined): Promise<Uint8Array | undefined>;
  /** Keys that are cached whole. */
  cached(): AsyncIterable<string>;
}

/** Copies keys to a target, chunks first. The first failure ends it. */
export async function exportKeys(
  target: ExportTarget,
  selection: KeySelection | undefined,
  options: ExportOptions,
  context: ExportContext,
): Promise<ExportReport> {
  const atOnce = keysAtOnce("export", options, ["cachedOnly", "partial"]);
  const { signal, onProgress, partial: allowed = false, cachedOnly = false } = options;
  assertMethods("target", target, ["set"]);
  assertFlags({ partial: allowed, cachedOnly });

  const selected = new Set<Key>();
  const at = new Set<string>();
  if (selection === undefined || cachedOnly) for await (const key of context.cached()) at.add(key);
  for await (const key of selection === undefined ? at : (await selectKeys(selection, context)).keys) {
    assertKey(key);
    if (!cachedOnly || at.has(key)) selected.add(key);
  }
  const partial = await partialArrays(selected, context);
  if (partial.length > 0 && !allowed) throw new PartialExportError(partial);

  let [done, bytes, missing] = [0, 0, 0];
  const write = async (key: Key) => {
    signal?.throwIfAborted();
    const value = await context.value(key, signal);
    if (value === undefined) missing++;
    else {
      await target.set(key, value);
      done++;
      bytes += value.byteLength;
    }
    onProgress?.({ done, total: selected.size, bytes });
  };
  if (partial.length > 0)
    await target.set(
      PARTIAL_MARK,
      new TextEncoder().encode(`${JSON.stringify({ partial }, undefined, 2)}\n`),
    );
  for (const keyClass of ["data", "metadata"])
    await eachOf(
      [...selected].filter((key) => classOf(key) === keyClass),
      atOnce,
      write,
    );
  return { done, total: done, bytes, missing, partial };
}
