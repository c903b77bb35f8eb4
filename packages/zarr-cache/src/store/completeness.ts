import { ZarrCacheError } from "../errors.ts";
import { classOf, type Key } from "../key.ts";
import { arrayKeysIfTold } from "./array-keys.ts";
import { kindOf, tellsOfArrays } from "./consolidated.ts";
import type { ReadDocument } from "./listing.ts";

/** Chunks of an array that are at hand, of all that it has. */
export interface ArrayExtent {
  /** Such as `"/t2m"`. */
  readonly array: string;
  readonly chunks: number;
  /** `undefined` where the array's metadata is not at hand, or does not tell. */
  readonly of: number | undefined;
}

/** An export would look like whole arrays to a reader, who would take what is not there for fill values. */
export class PartialExportError extends ZarrCacheError {
  readonly arrays: readonly ArrayExtent[];

  constructor(arrays: readonly ArrayExtent[]) {
    const [first] = arrays;
    const others = arrays.length > 1 ? `, and other arrays (${arrays.length - 1}) only in part` : "";
    super(
      "PartialExportError",
      `The export would hold ${first?.chunks} of ${first?.of ?? "?"} chunks of "${first?.array}"${others}; ` +
        "the rest would read as fill values. Select whole arrays, or say { partial: true }.",
    );
    this.arrays = arrays;
  }
}

/** What tells which chunks of an array there are. */
export interface ExtentContext {
  readonly read: ReadDocument;
  /** Whether the cache knows that a key has no value. */
  isMissing(key: Key): Promise<boolean>;
  /** All keys under a path, where the source can tell. */
  listed?: ((path: string) => AsyncIterable<string>) | undefined;
}

/**
 * The arrays that keys tell of but hold only in part: by an array's own metadata, or by consolidated metadata. A chunk
 * that is known to be missing counts as there.
 */
export async function partialArrays(
  keys: Iterable<string>,
  context: ExtentContext,
): Promise<readonly ArrayExtent[]> {
  const held = new Set(keys);
  const arrays = new Set<string>();
  for (const key of held) for (const array of await arraysToldBy(key, context.read)) arrays.add(array);
  const partial: ArrayExtent[] = [];
  for (const array of arrays) {
    const own = await arrayKeysIfTold(context.read, array);
    const chunks = own?.filter((key) => classOf(key) === "data");
    // An array may have no attributes.
    const absent = own?.filter((key) => !held.has(key) && !key.endsWith("/.zattrs"));
    const left = absent && (await withoutMissing(array, absent, context));
    if (left === undefined) partial.push({ array, chunks: 0, of: undefined });
    else if (left.length > 0) {
      const lacking = left.filter((key) => classOf(key) === "data").length;
      partial.push({ array, chunks: (chunks?.length ?? 0) - lacking, of: chunks?.length });
    }
  }
  return partial;
}

async function withoutMissing(
  array: string,
  keys: readonly Key[],
  { isMissing, listed }: ExtentContext,
): Promise<readonly Key[]> {
  const left: Key[] = [];
  for (const key of keys) if (!(await isMissing(key))) left.push(key);
  if (left.length === 0 || listed === undefined) return left;
  const there = new Set<string>();
  for await (const key of listed(array.endsWith("/") ? array : `${array}/`)) there.add(key);
  return left.filter((key) => there.has(key));
}

/** The arrays that a document tells of: the one that it describes, and those that it consolidates. */
async function arraysToldBy(key: string, read: ReadDocument): Promise<readonly string[]> {
  if (!tellsOfArrays(key)) return [];
  const { isArray, lists = new Map<string, string>() } = kindOf(key as Key, await read(key as Key));
  const told = isArray ? [key] : [];
  for (const [document, type] of lists)
    if (type === "array" || document.endsWith("/.zarray")) told.push(document);
  return told.map((document) => document.slice(0, document.lastIndexOf("/")) || "/");
}
