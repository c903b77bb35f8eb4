import {
  interpolateBlues,
  interpolateCividis,
  interpolateGreys,
  interpolateInferno,
  interpolateMagma,
  interpolatePlasma,
  interpolateRdBu,
  interpolateSpectral,
  interpolateTurbo,
  interpolateViridis,
} from "d3-scale-chromatic";
import { InvalidArgumentError } from "../errors.ts";

/** A colour map by the name that matplotlib gives it. */
export type ColorMapName =
  | "viridis"
  | "cividis"
  | "magma"
  | "inferno"
  | "plasma"
  | "turbo"
  | "greys"
  | "blues"
  | "RdBu"
  | "spectral";

/** Functions from 0…1 to a colour as CSS writes it. */
const MAPS: Readonly<Record<ColorMapName, (share: number) => string>> = {
  viridis: interpolateViridis,
  cividis: interpolateCividis,
  magma: interpolateMagma,
  inferno: interpolateInferno,
  plasma: interpolatePlasma,
  turbo: interpolateTurbo,
  greys: (share: number) => interpolateGreys(1 - share),
  blues: interpolateBlues,
  RdBu: (share: number) => interpolateRdBu(1 - share),
  spectral: (share: number) => interpolateSpectral(1 - share),
};

/** Every {@link ColorMapName}. */
export const COLOR_MAPS: readonly ColorMapName[] = Object.keys(MAPS) as ColorMapName[];

/** The colours of a map at so many even places, as CSS writes them. */
export function colorsOf(name: ColorMapName, count: number): string[] {
  if (!COLOR_MAPS.includes(name)) throw new InvalidArgumentError("colorMap", name, COLOR_MAPS.join(", "));
  return Array.from({ length: count }, (_, at) => MAPS[name](at / (count - 1)));
}

/** 256 colours of a map as red, green, blue. */
export function colorTable(name: ColorMapName): Uint8Array {
  const table = new Uint8Array(256 * 3);
  for (const [at, color] of colorsOf(name, 256).entries()) {
    const hex = /^#(..)(..)(..)$/.exec(color);
    const parts = hex
      ? hex.slice(1).map((each) => Number.parseInt(each, 16))
      : (color.match(/\d+/g) ?? []).map(Number);
    table.set(parts.slice(0, 3), at * 3);
  }
  return table;
}
