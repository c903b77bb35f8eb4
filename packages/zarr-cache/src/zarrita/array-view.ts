import { isZarrCacheError } from "../errors.ts";
import { isUnder } from "../key.ts";
import { isAbandonment, SharedCall } from "../shared-call.ts";
import { type ArrayLayout, readLayout } from "./array-layout.ts";
import { DecodeCost } from "./decode-cost.ts";
import { isAllFill } from "./fill-chunks.ts";
import { RenewableArray } from "./renewable-array.ts";
import type { StoreScope } from "./store-scope.ts";
import type { DecodedChunk, ZarrArray } from "./zarr-array.ts";

/** How often a shard may change under one read of a chunk before the reader is told. */
const MOST_CHANGES = 3;

/** One array that reads through a tier of decoded chunks. */
export class ArrayView {
  readonly scope: StoreScope;
  readonly cost: DecodeCost = new DecodeCost();
  readonly #array: ZarrArray;
  readonly #source: RenewableArray;
  #layout: ArrayLayout | undefined;
  #reading: SharedCall<ArrayLayout | undefined> | undefined;

  constructor(array: ZarrArray, scope: StoreScope) {
    this.scope = scope;
    this.#array = array;
    this.#source = new RenewableArray(array);
  }

  /** The layout, once it is known. */
  get layout(): ArrayLayout | undefined {
    return this.#layout;
  }

  /** Reads the layout; `undefined` where the metadata cannot be read, so that nothing of the array can be kept. */
  async findLayout(signal: AbortSignal | undefined): Promise<ArrayLayout | undefined> {
    if (this.#reading === undefined || this.#reading.aborted)
      this.#reading = new SharedCall((own) => readLayout(this.#array, own));
    try {
      this.#layout = await this.#reading.join(signal);
    } catch {
      signal?.throwIfAborted();
      // The next read tries again.
      this.#reading = undefined;
    }
    return this.#layout;
  }

  /** Hears that a path of the store was dropped. An array that keeps indexes of shards has to be opened anew. */
  invalidated(path: string): void {
    const { path: own } = this.#array;
    const isOwn = isUnder(own, path) || isUnder(path, own);
    if (isOwn && this.#layout?.isSharded !== false) this.#source.outdate();
  }

  /** Reads and decodes a chunk; one whose shard changes while it is read is read anew, whole. */
  async decode(coords: number[], signal: AbortSignal): Promise<DecodedChunk> {
    for (let changes = 0; ; ) {
      try {
        const chunk = await this.#source.getChunk(coords, signal);
        if (chunk !== undefined) return chunk;
      } catch (error) {
        // The chunks of a shard share the request for its index, and with it the signal of who asked first. When the
        // readers of that chunk have left, this one asks for itself.
        if (signal.aborted) throw error;
        const isChanged = isZarrCacheError(error, "SourceChangedError") && ++changes <= MOST_CHANGES;
        if (!isChanged && !isAbandonment(error)) throw error;
      }
    }
  }

  /**
   * Whether a chunk may stand for one that is missing in the store. That is kept by nobody but the store, which forgets
   * it after an age of its own; and it is made in no time.
   */
  mayBeMissing(chunk: DecodedChunk): boolean {
    return isAllFill(chunk, this.#array.fillValue);
  }
}
