import proj4 from "proj4";
import { CrsError } from "../errors.ts";

/** Longitude and latitude on WGS84: the CRS of coordinates that name none. */
export const DEFAULT_CRS = "EPSG:4326";

/** WGS84 with heights above the ellipsoid in metres: a CRS in which `alt` has a meaning. */
export const WGS84_WITH_HEIGHT = "EPSG:4979";

/** Gives a code, such as `EPSG:2056`, its definition: a PROJ string or WKT. */
export function registerCrs(code: string, definition: string): void {
  proj4.defs(canonicalName(code), definition);
  definitions.delete(canonicalName(code));
}

/** What is known of a CRS. */
export interface CrsFacts {
  /** The same for every way to write it: `EPSG:4326`, `epsg:4326`, `urn:ogc:def:crs:EPSG::4326`. */
  readonly name: string;
  /** Whether coordinates are degrees of longitude and latitude. */
  readonly geographic: boolean;
  /** The unit of heights, if the CRS has them. */
  readonly verticalUnits: string | undefined;
}

const ALIASES: Readonly<Record<string, string>> = {
  WGS84: DEFAULT_CRS,
  CRS84: DEFAULT_CRS,
  "OGC:CRS84": DEFAULT_CRS,
  "CRS:84": DEFAULT_CRS,
  "EPSG:900913": "EPSG:3857",
  GOOGLE: "EPSG:3857",
};

const definitions = new Map<string, CrsFacts>();
let prepared = false;

/** Looks up a CRS; one without a definition is an error that says how to register it. */
export function crsFacts(crs: string): CrsFacts {
  const name = canonicalName(crs);
  const known = definitions.get(name);
  if (known) return known;
  const definition = define(name);
  const facts: CrsFacts = {
    name,
    geographic: definition.projName === "longlat",
    verticalUnits: definition.vunits,
  };
  definitions.set(name, facts);
  return facts;
}

/** A function from the x, y (and height) of one CRS to those of another. */
export function projector(from: string, to: string): (point: [number, number]) => [number, number] {
  const converter = proj4(canonicalNameKnown(from), canonicalNameKnown(to));
  return (point) => {
    if (!point.every(Number.isFinite)) return [Number.NaN, Number.NaN];
    const [x, y] = converter.forward(point) as [number, number];
    return [cleaned(x), cleaned(y)];
  };
}

/** What rounding leaves of a zero, a ten-millionth of a millimetre, is zero. */
function cleaned(value: number): number {
  return Math.abs(value) < 1e-9 ? 0 : value;
}

function canonicalNameKnown(crs: string): string {
  return crsFacts(crs).name;
}

/** One name for one CRS: authority codes in capitals, PROJ strings with sorted parameters and single spaces. */
function canonicalName(crs: string): string {
  if (typeof crs !== "string" || crs.trim() === "")
    throw new CrsError(String(crs), "is not a name, PROJ string or WKT");
  const text = crs.trim().replace(/\s+/g, " ");
  const urn =
    /^(?:urn:(?:x-)?ogc:def:crs:|https?:\/\/www\.opengis\.net\/def\/crs\/)(\w+)[:/][^:/]*[:/](\w+)$/i.exec(
      text,
    );
  const code = urn ? `${urn[1]}:${urn[2]}` : text;
  if (code.startsWith("+")) {
    const parameters = code.split(/ (?=\+)/).filter((each) => each !== "+no_defs" && each !== "+type=crs");
    return [...new Set(parameters)].sort().join(" ");
  }
  if (/[[{]/.test(code)) return code;
  const upper = code.toUpperCase();
  return ALIASES[upper] ?? upper;
}

function define(name: string): { readonly projName?: string; readonly vunits?: string } {
  if (!prepared) {
    proj4.defs(WGS84_WITH_HEIGHT, "+proj=longlat +datum=WGS84 +vunits=m +no_defs");
    prepared = true;
  }
  if (!/[+[{]/.test(name) && !proj4.defs(name))
    throw new CrsError(
      name,
      `has no definition. Register it with registerCrs(${JSON.stringify(name)}, "+proj=…") (PROJ string or WKT, as epsg.io gives it)`,
    );
  try {
    return new proj4.Proj(name) as { projName?: string; vunits?: string };
  } catch (error) {
    throw new CrsError(
      name,
      `cannot be understood: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
