import * as zarr from "zarrita";
import { DatasetError } from "../errors.ts";
import { type Decoder, decoderOf } from "./cf-decoding.ts";
import { dimensionNames } from "./dimension-names.ts";
import type { GroupMetadata } from "./group-metadata.ts";
import type { StoreKey } from "./readable-store.ts";

/** An array of a group whose metadata have been read. */
export interface Opened {
  readonly name: string;
  readonly path: string;
  readonly array: zarr.Array<zarr.DataType, zarr.Readable>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly dims: readonly string[];
}

/** Opens one array of a group; what zarrita cannot open, and names that do not fit, are errors that name it. */
export async function openArray(
  { store, path, format }: GroupMetadata,
  name: string,
  signal: AbortSignal,
): Promise<Opened> {
  const full = `${path === "/" ? "" : path}/${name}` as StoreKey;
  const location = new zarr.Location(store as zarr.Readable, full);
  const open = format === 2 ? zarr.open.v2 : zarr.open.v3;
  try {
    const array = await open(location, { kind: "array", signal });
    const dims = dimensionNames(
      name,
      array.shape,
      array.attrs,
      format === 3 ? array.dimensionNames : undefined,
    );
    return { name, path: full, array, attrs: array.attrs, dims };
  } catch (error) {
    if (error instanceof DatasetError || signal.aborted) throw error;
    throw new DatasetError(
      `Array ${full} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** The decoder of an array; `masks` tells whether the fill value of its metadata marks missing values. */
export function decoderFor({ name, array, attrs }: Opened, masks: boolean): Decoder {
  return decoderOf({
    name,
    dtype: array.dtype,
    attrs,
    fillValue: masks ? (array.fillValue ?? undefined) : undefined,
  });
}

/** The names of the arrays that an attribute `coordinates` lists. */
export function coordinateNames(attrs: Readonly<Record<string, unknown>>): string[] {
  const listed = attrs["coordinates"];
  return typeof listed === "string" ? listed.split(/\s+/).filter((name) => name !== "") : [];
}
