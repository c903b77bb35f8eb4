import unitmath, { type UnitPiece } from "unitmath/dist/UnitMath.js";
import { UnknownUnitError } from "../errors.ts";
import { own } from "../own.ts";

/** One unit by itself: a value in it is `(value + offset) * scale` in base units of this dimension. */
export interface UnitSymbol {
  readonly scale: number;
  readonly offset: number;
  /** Powers of the base quantities. */
  readonly dimension: readonly number[];
}

/** What unitmath lacks, or holds inexactly, or otherwise than UDUNITS, whose names CF uses: so many of another unit. */
const ADDED: Readonly<Record<string, readonly [number, string]>> = {
  foot: [0.3048, "m"],
  yard: [0.9144, "m"],
  mile: [1609.344, "m"],
  nmile: [1852, "m"],
  knot: [1852 / 3600, "m/s"],
  year: [31556925.9747, "s"],
  month: [31556925.9747 / 12, "s"],
  gpm: [1, "m"],
  micron: [1e-6, "m"],
  hectare: [1e4, "m^2"],
  hectopascal: [100, "Pa"],
  sverdrup: [1e6, "m^3/s"],
  DU: [4.4615e-4, "mol/m^2"],
};

const NAMES: Readonly<Record<string, string>> = {
  "°C": "degC",
  C: "degC",
  Celsius: "degC",
  celsius: "degC",
  degree_Celsius: "degC",
  degree_celsius: "degC",
  degrees_Celsius: "degC",
  degrees_celsius: "degC",
  degreesC: "degC",
  degreeC: "degC",
  deg_C: "degC",
  degree_C: "degC",
  degrees_C: "degC",
  "°F": "degF",
  Fahrenheit: "degF",
  fahrenheit: "degF",
  deg_F: "degF",
  Kelvin: "K",
  kelvin: "K",
  kelvins: "K",
  degK: "K",
  deg_K: "K",
  degree_K: "K",
  degrees_K: "K",
  "°": "deg",
  degreesN: "deg",
  degreesE: "deg",
  degree_N: "deg",
  degree_E: "deg",
  degrees_N: "deg",
  degrees_E: "deg",
  degrees_true: "deg",
  d: "day",
  millibar: "mbar",
  millibars: "mbar",
  mb: "mbar",
  MB: "mbar",
  liter: "L",
  ft: "foot",
  feet: "foot",
  yd: "yard",
  yards: "yard",
  mi: "mile",
  miles: "mile",
  nmi: "nmile",
  nautical_mile: "nmile",
  knots: "knot",
  kn: "knot",
  kt: "knot",
  years: "year",
  yr: "year",
  months: "month",
  dobson: "DU",
  litre: "L",
  microns: "micron",
  ha: "hectare",
  hectopascals: "hectopascal",
};

/** Pure numbers. */
const NUMBERS: Readonly<Record<string, number>> = {
  "%": 0.01,
  percent: 0.01,
  "‰": 1e-3,
  permille: 1e-3,
  ppm: 1e-6,
  ppmv: 1e-6,
  ppb: 1e-9,
  ppbv: 1e-9,
  ppt: 1e-12,
  pptv: 1e-12,
  dimensionless: 1,
  fraction: 1,
  unitless: 1,
  none: 1,
  count: 1,
  counts: 1,
  psu: 1,
  PSU: 1,
  practical_salinity_unit: 1,
};

const DIMENSIONS = unitmath("m").units[0]?.unit.dimension.length ?? 0;
const none: readonly number[] = new Array<number>(DIMENSIONS).fill(0);
const known = new Map<string, UnitSymbol>();

/** Looks up one name, with a prefix or without; an unknown one is an error that shows the whole unit. */
export function unitSymbol(name: string, whole: string): UnitSymbol {
  const found = known.get(name) ?? lookUp(name);
  if (!found) throw new UnknownUnitError(whole, `${JSON.stringify(name)} is no unit of UDUNITS or SI`);
  known.set(name, found);
  return found;
}

function lookUp(name: string): UnitSymbol | undefined {
  const number = own(NUMBERS, name);
  if (number !== undefined) return { scale: number, offset: 0, dimension: none };
  const plain = /^degrees?_(north|south|east|west)$/.test(name)
    ? "deg"
    : (own(NAMES, name) ?? name.replace(/metre(?=s?$)/, "meter"));
  const [count, of] = own(ADDED, plain) ?? [1, plain];
  if (!/^[A-Za-z]+$/.test(plain)) return undefined;
  try {
    const pieces = unitmath(of).units;
    if (pieces.length === 0) return undefined;
    const scaleOf = ({ unit, prefix, power }: UnitPiece) =>
      (unit.value * (unit.prefixes[prefix] ?? 1)) ** power;
    return {
      scale: pieces.reduce((scale, piece) => scale * scaleOf(piece), count),
      offset: pieces[0]?.unit.offset ?? 0,
      dimension: none.map((_, at) =>
        pieces.reduce((sum, { unit, power }) => sum + (unit.dimension[at] ?? 0) * power, 0),
      ),
    };
  } catch {
    return undefined;
  }
}
