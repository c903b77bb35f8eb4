import * as zarr from "zarrita";
import { isZarrCacheError } from "../errors.ts";
import { isAbandonment } from "../shared-call.ts";
import type { DecodedChunk, ZarrArray } from "./zarr-array.ts";

/**
 * An array that can be opened anew behind the back of those who hold it.
 *
 * An array of zarrita reads the index of a shard once and keeps it for good. When the shard is replaced, only a new
 * array object reads the new index.
 */
export class RenewableArray {
  readonly #original: ZarrArray;
  #current: Promise<ZarrArray> | undefined;

  constructor(array: ZarrArray) {
    this.#original = array;
    this.#current = Promise.resolve(array);
  }

  /** Lets chunks be read by a new array from now on. */
  outdate(): void {
    this.#current = undefined;
  }

  /**
   * Reads and decodes a chunk; `undefined` where the array was outdated meanwhile, so that nobody knows whether the chunk
   * was found by the index of its own version.
   */
  async getChunk(coords: number[], signal: AbortSignal): Promise<DecodedChunk | undefined> {
    this.#current ??= this.#renewed();
    const current = this.#current;
    const array = await current;
    signal.throwIfAborted();
    const isCurrent = () => this.#current === current;
    try {
      const chunk = await array.getChunk(coords, { signal });
      return isCurrent() ? chunk : undefined;
    } catch (error) {
      const isChanged = isZarrCacheError(error, "SourceChangedError");
      // Unless another reader has found the same, so that it is being opened anew already.
      if (isChanged && isCurrent()) this.outdate();
      // Other bytes than a chunk cannot be decoded.
      if (isChanged || signal.aborted || isAbandonment(error) || isCurrent()) throw error;
      return undefined;
    }
  }

  /** The array, opened anew. One that has other extensions below, or has become another, goes on as it is. */
  #renewed(): Promise<ZarrArray> {
    const { store, path } = this.#original;
    if (!isPlain(this.#original)) return Promise.resolve(this.#original);
    const location = new zarr.Location(withoutExtensions(store), path as `/${string}`);
    const renewed: Promise<ZarrArray> = zarr.open(location, { kind: "array" }).then(
      (opened) => (isAlike(opened, this.#original) ? opened : this.#original),
      (error) => {
        // The next read tries again.
        if (this.#current === renewed) this.#current = undefined;
        throw error;
      },
    );
    return renewed;
  }
}

/** Whether an array is zarrita's own, without an extension around it, which opening it anew would lose. */
function isPlain(array: ZarrArray): boolean {
  try {
    // A getter of a private field works on the object that has it, and on no proxy.
    Reflect.get(zarr.Array.prototype, "shape", array);
    return true;
  } catch {
    return false;
  }
}

/** The store without the array extensions that opening an array would apply. */
function withoutExtensions(store: object): zarr.Readable {
  const { get, getRange } = store as zarr.AsyncReadable;
  return {
    get: get.bind(store),
    ...(getRange !== undefined && { getRange: getRange.bind(store) }),
  } satisfies zarr.AsyncReadable;
}

function isAlike(one: ZarrArray, other: ZarrArray): boolean {
  const facts = ({ shape, chunks, dtype, fillValue }: ZarrArray) =>
    [shape.join(), chunks.join(), dtype, String(fillValue)].join("\n");
  return facts(one) === facts(other);
}
