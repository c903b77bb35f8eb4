/** A store as a server has it, and the arrays in it. */
export interface ServedArrays {
  /** Of the fixture. */
  readonly name: string;
  readonly url: string;
  readonly arrays: readonly string[];
}

/** SHA-256 of the raw values, by fixture and array. */
export type Hashes = Record<string, Record<string, string>>;

/** A program that people read Zarr with. */
export interface Client {
  readonly name: string;
  /** Of Debian, that have it. */
  readonly packages: readonly string[];
  /** The fixtures that it can read. */
  readonly fixtures: readonly string[];
  /** Reads all arrays of all stores, with nothing of an earlier read. */
  read(stores: readonly ServedArrays[]): Promise<Hashes>;
}

export const ZARR_2 = ["coads_blosc.zarr", "eraint_uvz_zlib.zarr", "etopo_pyramid.zarr"];
export const ZARR_3 = ["navy_winds_sharded_v3.zarr"];

/** Reads array by array. */
export async function readEach(
  stores: readonly ServedArrays[],
  read: (url: string, array: string) => Promise<string>,
): Promise<Hashes> {
  const hashes: Hashes = {};
  for (const { name, url, arrays } of stores) {
    const ofStore: Record<string, string> = {};
    for (const array of arrays) ofStore[array] = await read(url, array);
    hashes[name] = ofStore;
  }
  return hashes;
}
