import { CoordinateError, shown } from "../errors.ts";
import { UniformAxis } from "./uniform-axis.ts";

/**
 * Where the pixels of a raster lie, as GDAL writes it: the x of the upper left corner, the x of a column and of a row,
 * the y of the corner, the y of a column and of a row.
 */
export type Geotransform = readonly [
  x: number,
  xPerColumn: number,
  xPerRow: number,
  y: number,
  yPerColumn: number,
  yPerRow: number,
];

/** How many rows and columns a raster has. */
export type RasterShape = readonly [rows: number, columns: number];

/** Whether rows and columns run along x and y, so that the raster is a plain grid. */
export function isAligned([, , xPerRow, , yPerColumn]: Geotransform): boolean {
  return xPerRow === 0 && yPerColumn === 0;
}

/** The pixel centres of an aligned raster as two axes. */
export function alignedAxes(
  [x, xPerColumn, , y, , yPerRow]: Geotransform,
  [rows, columns]: RasterShape,
): { readonly y: UniformAxis; readonly x: UniformAxis } {
  return {
    y: new UniformAxis(y + yPerRow / 2, yPerRow, rows),
    x: new UniformAxis(x + xPerColumn / 2, xPerColumn, columns),
  };
}

/** The pixel centres of any raster, row by row. */
export function affineColumns(
  [x, xPerColumn, xPerRow, y, yPerColumn, yPerRow]: Geotransform,
  [rows, columns]: RasterShape,
): { readonly y: Float64Array; readonly x: Float64Array } {
  const result = { y: new Float64Array(rows * columns), x: new Float64Array(rows * columns) };
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      result.x[at] = x + xPerColumn * (column + 0.5) + xPerRow * (row + 0.5);
      result.y[at] = y + yPerColumn * (column + 0.5) + yPerRow * (row + 0.5);
    }
  return result;
}

/** Throws unless it is six finite numbers that span an area. */
export function assertGeotransform(geotransform: readonly number[]): asserts geotransform is Geotransform {
  if (!Array.isArray(geotransform))
    throw new CoordinateError(`Geotransform ${shown(geotransform)} is not a list of six numbers`);
  const [, a = 0, b = 0, , d = 0, e = 0] = geotransform;
  if (geotransform.length !== 6 || !geotransform.every(Number.isFinite) || a * e - b * d === 0)
    throw new CoordinateError(
      `Geotransform [${geotransform.join(", ")}] is not six finite numbers that span an area`,
    );
}

/** Throws unless it is two whole sizes ≥ 1. */
export function assertRasterShape(shape: readonly number[]): asserts shape is RasterShape {
  if (shape.length !== 2 || !shape.every((size) => Number.isSafeInteger(size) && size >= 1))
    throw new CoordinateError(`Shape [${shape.join(", ")}] is not [rows, columns], each ≥ 1`);
}
