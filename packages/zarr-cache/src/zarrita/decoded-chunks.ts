import * as zarr from "zarrita";
import { ClosedError } from "../errors.ts";
import { assertPath, isUnder } from "../key.ts";
import { isPromise } from "../maybe-promise.ts";
import { type Part, partId } from "../part.ts";
import { SharedCall } from "../shared-call.ts";
import { ArrayView } from "./array-view.ts";
import { type ChunkCall, isCallOfGet } from "./chunk-call.ts";
import { copyChunk } from "./chunk-copies.ts";
import { ChunkShelf } from "./chunk-shelf.ts";
import {
  type DecodedChunkOptions,
  type DecodedChunkSettings,
  parseDecodedChunkOptions,
} from "./decoded-chunk-options.ts";
import { DecodedChunkCounters, type DecodedChunkStatistics } from "./decoded-chunk-statistics.ts";
import { StoreScopes } from "./store-scope.ts";
import type { DecodedChunk, ZarrArray } from "./zarr-array.ts";

/** One decoding on its way. */
interface Flight {
  readonly part: Part;
  readonly call: SharedCall<{ readonly chunk: DecodedChunk; readonly isKept: boolean }>;
}

/**
 * Makes a tier of decoded chunks in memory, for any number of arrays.
 *
 * ```ts
 * const chunks = cacheDecodedChunks({ maxBytes: "1 GB" });
 * const t2m = zarr.extendArray(await zarr.open(location, { kind: "array" }), chunks.extension);
 * ```
 */
export function cacheDecodedChunks(options: DecodedChunkOptions = {}): DecodedChunks {
  return new DecodedChunks(options);
}

/**
 * Decoded chunks of zarrita's arrays, kept in memory under a byte budget: a chunk that was read before is not
 * decompressed again.
 *
 * Arrays of the same store and path share their chunks as long as their metadata agrees. What the store below
 * invalidates, or somebody writes through it, is dropped here too; the freshness of a store that tells of neither is up
 * to `maxAge` and {@link DecodedChunks.invalidate}. A chunk of nothing but the fill value is not kept, since a missing
 * one looks the same.
 */
export class DecodedChunks {
  /** An array extension for `zarr.extendArray`; the innermost, where there are several. */
  readonly extension: <A extends ZarrArray>(array: A) => A;
  readonly #settings: DecodedChunkSettings;
  readonly #shelf: ChunkShelf;
  readonly #scopes: StoreScopes;
  readonly #counters = new DecodedChunkCounters();
  readonly #flights = new Map<string, Flight>();
  readonly #views = new Map<string, Set<WeakRef<ArrayView>>>();
  /** Numbers for fingerprints, which are long. */
  readonly #generations = new Map<string, number>();
  #closed = false;

  constructor(options: DecodedChunkOptions = {}) {
    this.#settings = parseDecodedChunkOptions(options);
    this.#shelf = new ChunkShelf(this.#settings.index, this.#settings.maxAge);
    this.#scopes = new StoreScopes((scope, path) => this.#drop(scope, path));
    // What zarrita declares is no part of our declarations, which is why it is told here that the two agree.
    this.extension = zarr.defineArrayExtension((array) =>
      this.#overrides(array),
    ) as DecodedChunks["extension"];
  }

  /** Drops decoded chunks of a store: all, or those under a path (see `isUnder`). */
  invalidate(store: object, path = "/"): void {
    assertPath(path);
    this.#drop(this.#scopes.of(store).id, path);
  }

  /** What was done since the tier was made, and what it holds. */
  stats(): DecodedChunkStatistics {
    return this.#counters.snapshot(this.#shelf.usage());
  }

  /** Lets go of everything. Arrays that were extended read past it from now on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#scopes.close();
    for (const scope of this.#views.keys()) this.#drop(scope, "/");
  }

  #overrides(array: ZarrArray): { getChunk: zarr.Array<zarr.DataType>["getChunk"] } {
    if (this.#closed) throw new ClosedError("The tier of decoded chunks");
    const view = new ArrayView(array, this.#scopes.of(array.store));
    const views = this.#views.get(view.scope.id) ?? new Set();
    this.#views.set(view.scope.id, views.add(new WeakRef(view)));
    return {
      getChunk: async (...call: ChunkCall) => {
        const [coords, options] = call;
        const { chunk, isOwn } = await this.#read(view, coords, options?.signal);
        const given = isOwn || this.#mayShare(call) ? chunk : copyChunk(chunk);
        // One that zarrita has decoded, or a copy of it.
        return given as zarr.Chunk<zarr.DataType>;
      },
    };
  }

  /** Whether a caller may have the chunk that is kept: `zarr.get` always, `zarr.set` never. */
  #mayShare(call: ChunkCall): boolean {
    return isCallOfGet(call) || (this.#settings.isShared && call.length > 1);
  }

  /** Answers a chunk, and whether nobody else holds it. */
  async #read(
    view: ArrayView,
    coords: number[],
    signal: AbortSignal | undefined,
  ): Promise<{ readonly chunk: DecodedChunk; readonly isOwn: boolean }> {
    const counters = this.#counters;
    counters.reads++;
    try {
      signal?.throwIfAborted();
      const part = this.#partOf(view, coords) ?? (await this.#findPart(view, coords, signal));
      const heard = view.scope.catchUp();
      const isCurrent: boolean = isPromise(heard) ? await heard : heard;
      signal?.throwIfAborted();
      const kept = isCurrent && part !== undefined ? this.#shelf.get(part) : undefined;
      if (kept !== undefined) {
        counters.hits++;
        return { chunk: kept, isOwn: false };
      }
      const isShareable = part !== undefined && isCurrent && !this.#closed;
      const { call, isNew } = isShareable
        ? this.#board(view, part, coords)
        : { call: new SharedCall((own) => this.#decode(view, undefined, coords, own)), isNew: true };
      const { chunk, isKept } = await call.join(signal);
      if (isNew) counters.misses++;
      else counters.coalesced++;
      // Nobody can join any more, so an only reader may have what is not kept.
      return { chunk, isOwn: !isKept && call.joined === 1 };
    } catch (error) {
      counters.failures++;
      throw error;
    }
  }

  /** The decoding of a part that is under way, or a new one. */
  #board(view: ArrayView, part: Part, coords: number[]): { call: Flight["call"]; isNew: boolean } {
    const id = partId(part);
    const current = this.#flights.get(id);
    if (current !== undefined && !current.call.aborted) return { call: current.call, isNew: false };
    const call: Flight["call"] = new SharedCall(async (signal) => {
      try {
        return await this.#decode(view, part, coords, signal);
      } finally {
        if (this.#flights.get(id)?.call === call) this.#flights.delete(id);
      }
    });
    this.#flights.set(id, { part, call });
    return { call, isNew: true };
  }

  /** Decodes a chunk and keeps it, if it is a part that may be kept. The right to is taken before it is read. */
  async #decode(
    view: ArrayView,
    part: Part | undefined,
    coords: number[],
    signal: AbortSignal,
  ): Promise<{ readonly chunk: DecodedChunk; readonly isKept: boolean }> {
    const { monotonic } = this.#settings;
    const claim = part && this.#shelf.claim(part);
    const started = monotonic();
    try {
      const chunk = await view.decode(coords, signal);
      const cost = view.cost.after(monotonic() - started);
      if (claim === undefined) return { chunk, isKept: false };
      if (!view.mayBeMissing(chunk)) return { chunk, isKept: this.#shelf.keep(claim, chunk, cost) };
      this.#shelf.release(claim);
      return { chunk, isKept: false };
    } catch (error) {
      if (claim !== undefined) this.#shelf.release(claim);
      throw error;
    }
  }

  async #findPart(
    view: ArrayView,
    coords: number[],
    signal: AbortSignal | undefined,
  ): Promise<Part | undefined> {
    await view.findLayout(signal);
    return this.#partOf(view, coords);
  }

  /** What names a chunk: below the key that holds it in the store, so that dropping the key drops the chunk. */
  #partOf({ scope, layout }: ArrayView, coords: number[]): Part | undefined {
    if (layout === undefined) return undefined;
    let generation = this.#generations.get(layout.fingerprint);
    if (generation === undefined) {
      generation = this.#generations.size;
      this.#generations.set(layout.fingerprint, generation);
    }
    return { storeId: scope.id, key: `${layout.keyOf(coords)}/${generation}/${coords.join(".")}` };
  }

  #drop(scope: string, path: string): void {
    this.#shelf.invalidate(scope, path);
    for (const [id, { part }] of this.#flights)
      if (part.storeId === scope && isUnder(part.key, path)) this.#flights.delete(id);
    const views = this.#views.get(scope);
    for (const reference of views ?? []) {
      const view = reference.deref();
      if (view === undefined) views?.delete(reference);
      else view.invalidated(path);
    }
  }
}
