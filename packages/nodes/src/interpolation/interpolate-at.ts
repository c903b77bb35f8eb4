/**
 * Values of a source at the labels of a request. Of each part of the source's coordinates it is found where the asked
 * labels lie, on the full part; then the positions that are needed are fetched, and only those; then they are blended.
 */
import { Coordinates, type NumericData, UnitsDataArray } from "@zarr-cache/arrays";
import { BAND, type Part, type Picks, partDims, picksOf, sizeOf } from "@zarr-cache/arrays/parts";
import { type GatherPart, gather } from "./gather.ts";
import { gatherGrid, isGrid } from "./gather-grid.ts";
import { type Interpolation, methodOf } from "./method.ts";
import { weightsAmong } from "./point-weights.ts";
import { type QueryColumn, queryOf, spreadOver } from "./query.ts";
import { type Weights, weightsOn } from "./weights.ts";

/** What is needed of a source: the coordinates, and their positions by dimension of the whole. */
export interface Needed {
  readonly coordinates: Coordinates;
  readonly positions: Readonly<Record<string, Picks>>;
}

/** Gets source values. */
export type Fetch = (needed: Needed) => UnitsDataArray | Promise<UnitsDataArray>;

/** Interpolates a source at a request. Where nothing of it is needed, nothing is fetched but its bands and units. */
export async function interpolateAt(
  native: Coordinates,
  target: Coordinates,
  how: Interpolation,
  fetch: Fetch,
): Promise<UnitsDataArray> {
  const query = queryOf(target, native);
  const sizes = target.parts.map(({ shape }) => sizeOf(shape));
  const located = native.parts.map((part) => locate(part, query, sizes, how));
  const kept = located.map(({ weights }) => neededOf(weights));
  const positions = Object.fromEntries(
    native.parts.flatMap((part, at) => {
      const [dim] = partDims(part) as [string];
      return part.shape.length === 1 ? [[dim, picksOf(kept[at] as Int32Array)]] : [];
    }),
  );
  const fetched = await fetch({ coordinates: native.take(positions), positions });
  const { units, attrs, name } = fetched;
  if (kept.some(({ length }) => length === 0) || sizes.some((size) => size === 0))
    return UnitsDataArray.create(target, Number.NaN, { bands: fetched.bands, units, attrs, name });
  const dims = [...native.dims, ...(fetched.bands ? [BAND] : [])];
  const values = floats(fetched.transpose(...dims).toTypedArray());
  const width = fetched.bands?.length ?? 1;
  const lengths = native.parts.map((part, at) =>
    part.shape.length === 1 ? (kept[at]?.length as number) : sizeOf(part.shape),
  );
  const parts = located.map(({ weights, along }, at): GatherPart => {
    const stride = sizeOf(lengths.slice(at + 1)) * width;
    const part = native.parts[at] as Part;
    return {
      along,
      stride,
      weights: part.shape.length === 1 ? moved(weights, kept[at] as Int32Array) : weights,
    };
  });
  const facts = { bands: fetched.bands, units, attrs, name };
  if (isGrid(parts, sizes)) {
    const order = parts.map(({ along }) => target.parts[along[0] as number] as Part);
    const coordinates = Coordinates.of(order, { crs: target.crs, dimensions: "any" });
    const result = new UnitsDataArray(gatherGrid(values, parts, lengths, width), coordinates, facts);
    return result.transpose(...target.dims, ...(fetched.bands ? [BAND] : []));
  }
  const data = gather(values, parts, sizes, width) as Float64Array<ArrayBuffer>;
  return new UnitsDataArray(values instanceof Float32Array ? Float32Array.from(data) : data, target, facts);
}

/** Whether every label that is asked is one of the source's. */
export function isExact(native: Coordinates, target: Coordinates): boolean {
  const query = queryOf(target, native);
  const sizes = target.parts.map(({ shape }) => sizeOf(shape));
  return native.parts.every((part) =>
    locate(part, query, sizes, "none").weights.lower.every((position) => position >= 0),
  );
}

interface Located {
  readonly weights: Weights;
  readonly along: readonly number[];
}

function locate(
  part: Part,
  query: ReadonlyMap<string, QueryColumn>,
  sizes: readonly number[],
  how: Interpolation,
): Located {
  const used = part.names.flatMap((name, at) => {
    const column = query.get(name);
    const axis = part.columns[at];
    return column && axis ? [{ name, column, axis }] : [];
  });
  const along = [...new Set(used.flatMap(({ column }) => column.along))].sort((a, b) => a - b);
  const asked = used.map(({ column }) => spreadOver(column, along, sizes));
  const [only] = used;
  if (only && part.names.length === 1)
    return { along, weights: weightsOn(only.axis, asked[0] as Float64Array, methodOf(how, only.name)) };
  const points = used.map(({ axis }) => axis.values);
  const names = used.map(({ name }) => name);
  return { along, weights: weightsAmong(points, asked, names, methodOf(how, names[0] ?? "")) };
}

/** Numbers that can be NaN. */
function floats(values: NumericData): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  return values instanceof Float32Array || values instanceof Float64Array
    ? values
    : Float64Array.from(values);
}

/** The positions that weights speak of, ascending. */
function neededOf({ lower, upper, share }: Weights): Int32Array {
  const needed = new Set<number>();
  for (const [at, position] of lower.entries()) {
    if (position < 0) continue;
    needed.add(position);
    if (share[at] !== 0) needed.add(upper[at] as number);
  }
  return Int32Array.from(needed).sort();
}

/** The same weights in positions among those that were kept. */
function moved({ lower, upper, share }: Weights, kept: Int32Array): Weights {
  const places = new Map(Array.from(kept, (position, at) => [position, at]));
  const place = (position: number) => places.get(position) ?? -1;
  return { lower: lower.map(place), upper: upper.map(place), share };
}
