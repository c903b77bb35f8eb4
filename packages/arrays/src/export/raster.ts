import { BAND } from "../array/labelled.ts";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import type { Axis } from "../coordinates/axis.ts";
import { ExportError } from "../errors.ts";

/** An array as a picture: rows from the top, which is the north, columns from the left. */
export interface Raster {
  /** With the dimensions y, x and, if there are bands, band. */
  readonly array: UnitsDataArray;
  readonly y: { readonly name: string; readonly axis: Axis };
  readonly x: { readonly name: string; readonly axis: Axis };
  readonly bands: readonly string[] | undefined;
}

/** Turns an array of two dimensions, lat and lon where it has them, the way up that a map is read. */
export function rasterOf(format: string, array: UnitsDataArray): Raster {
  const flat = array.dims.filter((dim) => dim !== BAND || !array.bands);
  const single = array.coordinates.parts.every(({ names }) => names.length === 1);
  if (flat.length !== 2 || !single)
    throw new ExportError(
      format,
      `needs two unstacked dimensions (and perhaps band); there are ${array.dims.join(", ")}. Select or reduce the others first`,
    );
  const [first, second] = flat as [string, string];
  const [y, x] = first === "lon" || second === "lat" ? [second, first] : [first, second];
  const flips = Object.fromEntries(
    [y, x].flatMap((dim) =>
      isAscending(array.coordinates.axis(dim)) === (dim === x) ? [] : [[dim, { step: -1 }]],
    ),
  );
  const turned = array.isel(flips).transpose(y, x, ...(array.bands ? [BAND] : []));
  const axis = (name: string) => ({ name, axis: turned.coordinates.axis(name) });
  return { array: turned, y: axis(y), x: axis(x), bands: array.bands };
}

/** Whether neighbours are equally far apart, to a thousandth of a cell: labels that were float32 are off by their rounding. */
export function isEven({ values }: Pick<Axis, "values">): boolean {
  const [first, last] = [values[0] as number, values[values.length - 1] as number];
  const step = values.length > 1 ? (last - first) / (values.length - 1) : 0;
  return values.every((value, at) => Math.abs(value - (first + at * step)) <= Math.abs(step) * 1e-3);
}

function isAscending({ values }: Axis): boolean {
  return values.length < 2 || (values[values.length - 1] as number) >= (values[0] as number);
}
