import { encode } from "fast-png";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import { assertKnown, ExportError, InvalidArgumentError } from "../errors.ts";
import { rasterOf } from "../export/raster.ts";
import { type ColorMapName, colorTable } from "./color-map.ts";

/** How values become colours. */
export interface PngOptions {
  /** `viridis` unless told. Bands of 3 or 4 are red, green, blue and opacity, without a map. */
  readonly colorMap?: ColorMapName;
  /** The values of the first and last colour; the least and the greatest value unless told. */
  readonly limits?: readonly [least: number, greatest: number];
}

/** Draws an array of two dimensions, a pixel for each value, north up. NaN is transparent. Needs `fast-png` and `d3-scale-chromatic`. */
export function toPNG(array: UnitsDataArray, options: PngOptions = {}): Uint8Array {
  assertKnown("options", options, ["colorMap", "limits"]);
  const { array: raster, bands } = rasterOf("PNG", array);
  if (bands && bands.length !== 3 && bands.length !== 4)
    throw new ExportError(
      "PNG",
      `draws bands of red, green, blue and perhaps opacity; there are ${bands.join(", ")}. Select one`,
    );
  const [height, width] = raster.shape as [number, number];
  const [least, greatest] = limitsOf(array, options.limits);
  const scale = greatest > least ? 255 / (greatest - least) : 0;
  const values = raster.toTypedArray();
  const level = (value: number) => Math.max(0, Math.min(255, Math.round((value - least) * scale)));
  const data = new Uint8Array(width * height * 4);
  const table = colorTable(options.colorMap ?? "viridis");
  const samples = bands?.length ?? 1;
  for (let at = 0; at < width * height; at++) {
    const first = values[at * samples] as number;
    const pixel = bands
      ? Array.from({ length: samples }, (_, band) => level(values[at * samples + band] as number))
      : table.subarray(level(first) * 3, level(first) * 3 + 3);
    data.set(pixel, at * 4);
    if (samples !== 4) data[at * 4 + 3] = Number.isNaN(first) ? 0 : 255;
  }
  return new Uint8Array(encode({ width, height, data, channels: 4, depth: 8 }));
}

/** The values of the first and last colour. */
export function limitsOf(
  array: UnitsDataArray,
  limits: readonly [number, number] | undefined,
): [number, number] {
  const [least, greatest] = limits ?? [array.min().item(), array.max().item()];
  if (limits && !(least < greatest)) throw new InvalidArgumentError("limits", limits, "[least, greatest]");
  return Number.isNaN(least) ? [0, 1] : [least, greatest];
}
