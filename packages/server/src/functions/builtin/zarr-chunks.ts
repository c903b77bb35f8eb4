import type { DataType, Readable, Array as ZarrArray } from "zarrita";

/** Whether a key, relative to a hierarchy, is a metadata document. */
export function isMetadata(key: string): boolean {
  return /(?:^|\/)(?:zarr\.json|\.zarray|\.zattrs|\.zgroup|\.zmetadata)$/.test(key);
}

/** The chunks of an array that are cached, by the names of their keys: `0.4`, `c/0/4`, and for shards all that lies inside. */
export class CachedChunks {
  /** Places of stored objects, be they chunks or shards. */
  readonly #stored: readonly (readonly number[])[];
  /** Chunks inside of one, by dimension. */
  readonly #inside: readonly number[];
  readonly #counts: readonly number[];

  private constructor(
    stored: readonly (readonly number[])[],
    inside: readonly number[],
    counts: readonly number[],
  ) {
    this.#stored = stored;
    this.#inside = inside;
    this.#counts = counts;
  }

  /** `keys`: relative to the array. */
  static async of(array: ZarrArray<DataType>, keys: readonly string[]): Promise<CachedChunks> {
    const grid = await gridOf(array.store);
    const inside = array.chunks.map((length, dim) =>
      Math.max(1, Math.round((grid?.[dim] ?? length) / length)),
    );
    const counts = array.shape.map((length, dim) => Math.ceil(length / (array.chunks[dim] as number)));
    const stored = keys.flatMap((key) => {
      const place = placeOf(key, array.shape.length);
      return place === undefined ? [] : [place];
    });
    return new CachedChunks(stored.sort(byPlace), inside, counts);
  }

  /** Objects that are cached. */
  get count(): number {
    return this.#stored.length;
  }

  /** Objects that the array could have. */
  get all(): number {
    return this.#counts.reduce(
      (product, count, dim) => product * Math.ceil(count / (this.#inside[dim] as number)),
      1,
    );
  }

  /** The places of the chunks in them, in the order of the array. */
  *places(): Iterable<number[]> {
    for (const place of this.#stored) {
      const first = place.map((at, dim) => at * (this.#inside[dim] as number));
      for (const offset of offsets(this.#inside)) {
        const chunk = first.map((at, dim) => at + (offset[dim] as number));
        if (chunk.every((at, dim) => at < (this.#counts[dim] as number))) yield chunk;
      }
    }
  }
}

function byPlace(one: readonly number[], other: readonly number[]): number {
  const dim = one.findIndex((at, each) => at !== other[each]);
  return dim < 0 ? 0 : (one[dim] as number) - (other[dim] as number);
}

function placeOf(key: string, dims: number): number[] | undefined {
  if (dims === 0) return key === "c" || key === "0" ? [] : undefined;
  const [, numbers] = /^(?:c[/.])?(\d+(?:[/.]\d+)*)$/.exec(key) ?? [];
  const place = numbers?.split(/[/.]/).map(Number);
  return place?.length === dims ? place : undefined;
}

/** The shape of what is stored under one key, where the array is of Zarr version 3. */
async function gridOf(store: Readable): Promise<readonly number[] | undefined> {
  const bytes = await store.get("/zarr.json");
  if (bytes === undefined) return undefined;
  return JSON.parse(new TextDecoder().decode(bytes)).chunk_grid?.configuration?.chunk_shape;
}

function* offsets(counts: readonly number[]): Iterable<number[]> {
  const [count, ...others] = counts;
  if (count === undefined) yield [];
  else for (let at = 0; at < count; at++) for (const rest of offsets(others)) yield [at, ...rest];
}
