import { isZarrCacheError, UnsupportedError } from "../errors.ts";
import { assertPath, isUnder, type Key } from "../key.ts";
import { askAlone, askForEach } from "./asking.ts";
import { CONSOLIDATED, type Consolidated, kindOf } from "./consolidated.ts";
import type { Source } from "./source.ts";

/** Reads a metadata document, through the cache. */
export type ReadDocument = (key: `/${string}`) => Promise<Uint8Array | undefined>;

/**
 * Lists what a source holds: by the source's own abilities, and where it has none from its consolidated metadata as far
 * as that tells (which groups and arrays there are, but not which chunks).
 */
export class Listing {
  readonly #source: Source;
  readonly #read: ReadDocument;
  readonly #isOffline: boolean;

  /** Offline, children are those of the consolidated metadata where there is such, whatever the source lists. */
  constructor(parts: { readonly source: Source; readonly isOffline: boolean }, read: ReadDocument) {
    this.#source = parts.source;
    this.#read = read;
    this.#isOffline = parts.isOffline;
  }

  /** Whether the source can say which keys there are. */
  get tellsKeys(): boolean {
    return this.#source.keys !== undefined || this.#source.list !== undefined;
  }

  /** All keys under a path, in the source's order. */
  async *keys(prefix: string, signal?: AbortSignal): AsyncIterable<string> {
    assertPath(prefix);
    if (this.#source.keys !== undefined) {
      for await (const key of this.#eachKey(prefix, signal)) if (isUnder(key, prefix)) yield key;
    } else if (this.#source.list !== undefined) yield* this.#walk(prefix, signal);
    else
      throw new UnsupportedError(
        "keys()",
        "the source has no keys() or list(), and consolidated metadata lists no chunks",
      );
  }

  /** Direct children of a path, sorted: keys, and deeper paths with a `/` at their end. */
  async list(prefix: string, signal?: AbortSignal): Promise<string[]> {
    assertPath(prefix);
    const base = prefix.endsWith("/") ? prefix : `${prefix}/`;
    if (this.#isOffline && (await this.documents()) !== undefined)
      try {
        return await this.#consolidated(base);
      } catch (error) {
        // It does not tell of chunks.
        if (!isZarrCacheError(error, "UnsupportedError")) throw error;
      }
    if (this.#source.list !== undefined) return (await this.#children(base, signal)).sort();
    if (this.#source.keys !== undefined) return childrenOf(base, this.#eachKey(base, signal));
    return this.#consolidated(base);
  }

  /** Bytes of all values under a path. */
  async size(prefix: string, signal?: AbortSignal): Promise<number> {
    assertPath(prefix);
    if (this.#source.getSize === undefined)
      throw new UnsupportedError(
        "getSize()",
        "the source has no getSize(), and values are not read to add it up",
      );
    return askAlone((own) => this.#source.getSize?.(prefix, { signal: own }) ?? 0, signal);
  }

  #eachKey(prefix: string, signal: AbortSignal | undefined): AsyncIterable<string> {
    return askForEach((own) => this.#source.keys?.(prefix, { signal: own }) ?? [], signal);
  }

  async #children(base: string, signal: AbortSignal | undefined): Promise<string[]> {
    return [...(await askAlone((own) => this.#source.list?.(base, { signal: own }) ?? [], signal))];
  }

  async *#walk(prefix: string, signal: AbortSignal | undefined): AsyncIterable<string> {
    const base = prefix.endsWith("/") ? prefix : `${prefix}/`;
    const isKey = (own: AbortSignal) => this.#source.has?.(prefix as Key, { signal: own }) ?? false;
    if (base !== prefix && (await askAlone(isKey, signal))) yield prefix;
    for (const child of await this.#children(base, signal))
      if (child.endsWith("/")) yield* this.#walk(child, signal);
      else yield child;
  }

  async #consolidated(base: string): Promise<string[]> {
    const documents = await this.documents();
    if (documents === undefined)
      throw new UnsupportedError(
        "list()",
        "the source has no list() or keys(), and no consolidated metadata",
      );
    for (let end = base.indexOf("/"); end >= 0; end = base.indexOf("/", end + 1)) {
      const above = base.slice(0, end + 1);
      if (documents.has(`${above}.zarray`) || documents.get(`${above}zarr.json`) === "array")
        throw new UnsupportedError("list()", `consolidated metadata lists no chunks, as of "${above}"`);
    }
    return childrenOf(base, documents.keys());
  }

  /** The metadata documents that the consolidated metadata of the whole store tell of, of the first version that has such. */
  async documents(names: readonly string[] = CONSOLIDATED): Promise<Consolidated | undefined> {
    for (const name of names) {
      const key: Key = `/${name}`;
      const found = kindOf(key, await this.#read(key)).lists;
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** The direct children of a path among keys, sorted. */
async function childrenOf(base: string, keys: AsyncIterable<string> | Iterable<string>): Promise<string[]> {
  const children = new Set<string>();
  for await (const key of keys) {
    const slash = key.indexOf("/", base.length);
    if (key.startsWith(base)) children.add(slash < 0 ? key : key.slice(0, slash + 1));
  }
  return [...children].sort();
}
