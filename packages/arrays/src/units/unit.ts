import { DimensionalityError } from "../errors.ts";
import { formatCfUnits, parseCfUnits, type UnitTerm } from "./cf-units.ts";
import { unitSymbol } from "./unit-symbol.ts";

/** Units as written in CF; undefined is a pure number. */
export type Units = string | undefined;

/** How values of one unit become those of another: `value * scale + offset`. */
export interface Conversion {
  readonly scale: number;
  readonly offset: number;
}

interface ParsedUnit {
  readonly terms: readonly UnitTerm[];
  readonly scale: number;
  readonly offset: number;
  readonly dimension: string;
}

export const SAME: Conversion = { scale: 1, offset: 0 };

const parsed = new Map<string, ParsedUnit>();

/**
 * The conversion from one unit to another. Units that are written alike need not be known; else an unknown one is an
 * {@link UnknownUnitError}, and two that measure different things are a {@link DimensionalityError} naming `operation`.
 */
export function conversion(from: Units, to: Units, operation = "to"): Conversion {
  if ((from ?? "1") === (to ?? "1")) return SAME;
  const [source, target] = [parse(from ?? "1"), parse(to ?? "1")];
  if (source.dimension !== target.dimension) throw new DimensionalityError(operation, to, from);
  const scale = source.scale / target.scale;
  return { scale, offset: source.offset * scale - target.offset };
}

/** Whether values of one unit can be converted to the other. */
export function isConvertible(from: Units, to: Units): boolean {
  return (from ?? "1") === (to ?? "1") || parse(from ?? "1").dimension === parse(to ?? "1").dimension;
}

/** The unit of a product. */
export function multiplyUnits(left: Units, right: Units): Units {
  return formatCfUnits([...parse(left ?? "1").terms, ...parse(right ?? "1").terms]);
}

/** The unit of a quotient. */
export function divideUnits(left: Units, right: Units): Units {
  return formatCfUnits([...parse(left ?? "1").terms, ...raised(parse(right ?? "1").terms, -1)]);
}

/** The unit of a power. */
export function powerOfUnits(units: Units, power: number): Units {
  return units === undefined ? undefined : formatCfUnits(raised(parse(units).terms, power));
}

function raised(terms: readonly UnitTerm[], power: number): UnitTerm[] {
  return terms.map((term) => ({ name: term.name, power: term.power * power }));
}

function parse(text: string): ParsedUnit {
  const known = parsed.get(text);
  if (known) return known;
  const terms = parseCfUnits(text);
  let scale = 1;
  let offset = 0;
  let dimension: number[] = [];
  for (const { name, power } of terms) {
    if (/^[\d.]/.test(name)) {
      scale *= Number(name) ** power;
      continue;
    }
    const symbol = unitSymbol(name, text);
    scale *= power === 1 ? symbol.scale : symbol.scale ** power;
    if (terms.length === 1 && power === 1) offset = symbol.offset;
    dimension = symbol.dimension.map((each, at) => (dimension[at] ?? 0) + each * power);
  }
  const powers = dimension.map((power) => Math.round(power * 1e9) / 1e9 + 0);
  const unit = { terms, scale, offset, dimension: powers.some((power) => power !== 0) ? powers.join() : "" };
  parsed.set(text, unit);
  return unit;
}
