import { canonicalJson } from "../canonical-json.ts";
import type { ZarrArray } from "./zarr-array.ts";

/** What the metadata of an array says about its chunks. */
export interface ArrayLayout {
  /** Two arrays of the same path with the same fingerprint decode a chunk alike. */
  readonly fingerprint: string;
  /** True when several chunks share one value of the store. */
  readonly isSharded: boolean;
  /** The key in the store that holds a chunk; that of its shard in a sharded array. */
  keyOf(coords: readonly number[]): string;
}

/** What is read of `zarr.json` and `.zarray`. */
interface Metadata {
  readonly zarr_format?: number;
  readonly chunk_grid?: { readonly configuration?: { readonly chunk_shape?: readonly number[] } };
  readonly chunk_key_encoding?: {
    readonly name?: string;
    readonly configuration?: { readonly separator?: string };
  };
  readonly codecs?: readonly { readonly name?: string }[];
  readonly dimension_separator?: string;
}

type Get = (
  key: string,
  options: { signal: AbortSignal },
) => Uint8Array | undefined | PromiseLike<Uint8Array | undefined>;

/** Reads the metadata document of an array from its store; `undefined` when there is none, or none that is understood. */
export async function readLayout(array: ZarrArray, signal: AbortSignal): Promise<ArrayLayout | undefined> {
  const { store } = array as { store: { get: Get } };
  const folder = array.path.endsWith("/") ? array.path : `${array.path}/`;
  const bytes =
    (await store.get(`${folder}zarr.json`, { signal })) ?? (await store.get(`${folder}.zarray`, { signal }));
  if (bytes === undefined) return undefined;
  const metadata = JSON.parse(new TextDecoder().decode(bytes)) as Metadata;
  // What the array object itself was made of counts too: the document may have changed since.
  const { shape, chunks, dtype, fillValue } = array;
  const own = [shape, chunks, dtype, String(fillValue)];
  return { fingerprint: canonicalJson([metadata, own]), ...chunkKeys(metadata, folder, chunks) };
}

/** How chunks are keyed: the section "Chunk key encoding" of the Zarr specification, version 3, and version 2. */
function chunkKeys(
  metadata: Metadata,
  folder: string,
  chunks: readonly number[],
): Pick<ArrayLayout, "isSharded" | "keyOf"> {
  const encode = encodingOf(metadata);
  const outer = metadata.chunk_grid?.configuration?.chunk_shape ?? chunks;
  const perShard = outer.map((length, axis) => Math.max(1, Math.round(length / (chunks[axis] ?? length))));
  const isSharded = metadata.codecs?.some(({ name }) => name === "sharding_indexed") ?? false;
  return {
    isSharded,
    keyOf: (coords) =>
      folder + encode(isSharded ? coords.map((at, axis) => Math.floor(at / (perShard[axis] ?? 1))) : coords),
  };
}

function encodingOf(metadata: Metadata): (coords: readonly number[]) => string {
  const { name, configuration } = metadata.chunk_key_encoding ?? {};
  if (metadata.zarr_format === 3 && name !== "v2") {
    const separator = configuration?.separator ?? "/";
    return (coords) => ["c", ...coords].join(separator);
  }
  const separator = configuration?.separator ?? metadata.dimension_separator ?? ".";
  return (coords) => coords.join(separator) || "0";
}
