import * as zarr from "zarrita";
import { BAND } from "../array/labelled.ts";
import type { Axis } from "../coordinates/axis.ts";
import { Coordinates } from "../coordinates/coordinates.ts";
import { DEFAULT_CRS, WGS84_WITH_HEIGHT } from "../coordinates/crs.ts";
import { axisPart } from "../coordinates/part.ts";
import { isNumeric } from "./cf-decoding.ts";
import { mapBounded } from "./concurrency.ts";
import { axisOfValues, type Labels, positionLabels } from "./labels.ts";
import { LazyArray } from "./lazy-array.ts";
import { coordinateNames, decoderFor, type Opened } from "./open-array.ts";

/** How labels are decoded, and what ends their reading. */
export interface LabelReading {
  readonly decodesTimes: boolean;
  readonly masks: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Reads the labels of every dimension that has some: by name of the dimension, and size where arrays differ. */
export async function readLabels(arrays: readonly Opened[], how: LabelReading): Promise<Map<string, Labels>> {
  const byDim = new Map<string, Opened>();
  for (const array of arrays)
    if (array.dims.length === 1 && array.dims[0] === array.name) byDim.set(array.name, array);
  const named = new Set(arrays.flatMap(({ attrs }) => coordinateNames(attrs)));
  for (const dim of new Set(arrays.flatMap(({ dims }) => dims))) {
    if (byDim.has(dim)) continue;
    const along = arrays.filter(
      ({ name, dims, array }) =>
        named.has(name) && dims.length === 1 && dims[0] === dim && isNumeric(array.dtype),
    );
    if (along.length === 1 && along[0]) byDim.set(dim, along[0]);
  }
  const wanted = [...byDim].filter(([dim, { array }]) => dim === BAND || isNumeric(array.dtype));
  const read = await mapBounded(wanted, how.signal, async ([, opened], signal): Promise<Labels> => {
    if (isNumeric(opened.array.dtype)) return { axis: await readAxis(opened, { ...how, signal }) };
    const { data } = await zarr.get(opened.array, null, { opts: { signal } });
    return { names: Array.from(data as Iterable<unknown>, String) };
  });
  return new Map(wanted.map(([dim], at) => [dim, read[at] as Labels]));
}

/** Reads a coordinate variable as labels, in C order where it has several dimensions. */
export async function readAxis(opened: Opened, { decodesTimes, masks, signal }: LabelReading): Promise<Axis> {
  const values = await plain(opened, masks).load(signal ? { signal } : {});
  return axisOfValues(opened.name, values.toTypedArray(), opened.attrs, decodesTimes);
}

/** The array over the positions of its dimensions. */
function plain(opened: Opened, masks: boolean): LazyArray {
  const { name, path, array, dims, attrs } = opened;
  const parts = dims.map((dim, at) => axisPart(dim, positionLabels(array.shape[at] as number)));
  const coordinates = Coordinates.of(parts, {
    dimensions: "any",
    crs: dims.includes("alt") ? WGS84_WITH_HEIGHT : DEFAULT_CRS,
  });
  return new LazyArray({
    name,
    path,
    array,
    dims,
    coordinates,
    bands: undefined,
    units: undefined,
    attrs,
    decoder: () => decoderFor(opened, masks),
  });
}
