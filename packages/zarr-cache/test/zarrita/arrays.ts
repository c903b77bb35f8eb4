import * as zarr from "zarrita";
import type { CachedStore } from "../../src/cached-store.ts";
import { type Deferred, deferred } from "../../src/testing/index.ts";

/** Shape and chunks of what {@link writeArray} makes: 4 × 4 chunks of 4 × 4 values. */
const SHAPE = [16, 16];
const CHUNK_SHAPE = [4, 4];

/** Writes an array of which every value differs; `first` is the first of them. */
export async function writeArray(
  store: Map<string, Uint8Array>,
  path: string,
  first = 1,
  options: { readonly attributes?: Record<string, unknown>; readonly chunkShape?: number[] } = {},
): Promise<void> {
  const { chunkShape = CHUNK_SHAPE, attributes = {} } = options;
  const array = await zarr.create(zarr.root(store).resolve(path), {
    shape: SHAPE,
    chunkShape,
    dtype: "int32",
    fillValue: 0,
    attributes,
  });
  await zarr.set(array, null, {
    data: Int32Array.from({ length: 256 }, (_, at) => first + at),
    shape: SHAPE,
    stride: [16, 1],
  });
}

/** A store that is read through zarrita. */
export type AnyStore = CachedStore | zarr.Readable;

export async function openArray(store: AnyStore, path: string): Promise<zarr.Array<"int32", zarr.Readable>> {
  const array = await zarr.open(zarr.root(store as zarr.Readable).resolve(path), { kind: "array" });
  if (!array.is("int32")) throw new Error(`The array holds ${array.dtype}`);
  return array;
}

/** Reads one chunk's first value. */
export async function firstOf(
  array: zarr.Array<"int32", zarr.Readable>,
  coords: number[],
): Promise<number | undefined> {
  return (await array.getChunk(coords, {})).data[0];
}

/** The array with its decodings counted, and held at a gate while there is one. */
export function counted<A extends zarr.Array<zarr.DataType, zarr.Readable>>(array: A) {
  const record = {
    decoded: [] as string[],
    signals: [] as (AbortSignal | undefined)[],
    gate: undefined as Deferred<void> | undefined,
    failure: undefined as Error | undefined,
  };
  const extension = zarr.defineArrayExtension((inner) => ({
    async getChunk(coords, options) {
      record.decoded.push(coords.join("."));
      record.signals.push(options?.signal);
      await record.gate?.promise;
      if (record.failure !== undefined) throw record.failure;
      options?.signal?.throwIfAborted();
      return inner.getChunk(coords, options);
    },
  }));
  return {
    array: extension(array),
    record,
    gate: () => {
      const held = deferred<void>();
      record.gate = held;
      return held;
    },
  };
}
