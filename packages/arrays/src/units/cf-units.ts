import { UnknownUnitError } from "../errors.ts";
import { own } from "../own.ts";

/** A name or a number, to a power. */
export interface UnitTerm {
  readonly name: string;
  readonly power: number;
}

/** What files of the FORTRAN age write in capitals, where lower case has another meaning. */
const CAPITALS: Readonly<Record<string, string>> = {
  M: "m",
  "M/S": "m/s",
  "M/SEC": "m/s",
  "CM/S": "cm/s",
  MM: "mm",
  KM: "km",
  "G/KG": "g/kg",
  "KG/M2": "kg/m2",
  "DEG C": "degC",
  "DEG. C": "degC",
  DEGC: "degC",
  "DEG K": "K",
  PA: "Pa",
  HPA: "hPa",
  "W/M2": "W/m2",
  "W/M^2": "W/m2",
};

const SUPERSCRIPTS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b";

const TERM =
  /^(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+|[A-Za-zµ°Ωµ%‰_'"]+)(?:(?:\^|\*\*)\(?([+-]?\d+(?:\.\d+)?)\)?|([+-]?\d+))?/;

/**
 * Reads a unit as CF and UDUNITS write it into a product of powers: `kg m-2`, `W m**-2`, `mm/day`, `m2.s^-2`, `1e-3 kg`,
 * `J/(kg K)`. A slash divides by what follows it up to the next slash or sign of multiplication.
 */
export function parseCfUnits(text: string): UnitTerm[] {
  const cleaned = text
    .trim()
    .replace(/\s+/g, " ")
    .replaceAll("\u03bc", "\u00b5")
    .replace(/[\u2070-\u207b\u00b9\u00b2\u00b3]+/g, (raised) =>
      [...raised].map((mark) => "0123456789+-"[SUPERSCRIPTS.indexOf(mark)] ?? mark).join(""),
    );
  let rest =
    own(CAPITALS, cleaned) ??
    cleaned.replace(/^deg ([CFK])$/i, (_, scale: string) => `deg${scale.toUpperCase()}`);
  const terms: UnitTerm[] = [];
  let divide = false;
  let depth = 0;
  while (rest !== "") {
    const mark = /^(?: *(\/|\.|·|\*| per ) *| )/.exec(rest);
    if (mark) {
      if (mark[1] === "/" || mark[1] === " per ") divide = true;
      rest = rest.slice(mark[0].length);
    }
    if (rest.startsWith("(")) {
      depth += divide ? 1 : 0;
      rest = rest.slice(1);
      continue;
    }
    if (rest.startsWith(")")) {
      if (depth > 0) depth -= 1;
      divide = false;
      rest = rest.slice(1);
      continue;
    }
    const term = TERM.exec(rest);
    if (!term) throw new UnknownUnitError(text, `cannot be read from ${JSON.stringify(rest)} on`);
    const power = Number(term[2] ?? term[3] ?? 1);
    terms.push({ name: (term[1] as string).replace("µ", "u"), power: divide ? -power : power });
    rest = rest.slice(term[0].length);
    divide = depth > 0;
  }
  return terms;
}

/** Writes a product of powers as CF does, `kg m-2`; powers of one name are summed. Undefined for a pure 1. */
export function formatCfUnits(terms: readonly UnitTerm[]): string | undefined {
  const powers = new Map<string, number>();
  for (const { name, power } of terms) if (name !== "1") powers.set(name, (powers.get(name) ?? 0) + power);
  const written = [...powers].flatMap(([name, power]) => {
    if (power === 0) return [];
    if (power === 1) return [name];
    return [Number.isInteger(power) && !/^[\d.]/.test(name) ? `${name}${power}` : `${name}^${power}`];
  });
  return written.length > 0 ? written.join(" ") : undefined;
}
