import { CrsError } from "../errors.ts";
import { own } from "../own.ts";
import { ArrayAxis } from "./array-axis.ts";
import type { Axis } from "./axis.ts";
import { crsFacts, DEFAULT_CRS, projector, WGS84_WITH_HEIGHT } from "./crs.ts";
import { axisPart, type Part } from "./part.ts";
import { simplifyAxis } from "./simplify.ts";

/** Degrees on WGS84, with heights and without: a projection between them would only round. */
const WGS84: readonly string[] = [DEFAULT_CRS, WGS84_WITH_HEIGHT];

/**
 * The same places in another CRS. A grid stays one where the projection keeps rows and columns straight; a rotated
 * result becomes an n-d stack. Heights change with the vertical unit.
 */
export function transformParts(parts: readonly Part[], from: string, to: string): Part[] {
  if (crsFacts(from).name === crsFacts(to).name) return [...parts];
  return transformHeights(transformPlaces(parts, from, to), from, to);
}

function transformPlaces(parts: readonly Part[], from: string, to: string): Part[] {
  if (WGS84.includes(crsFacts(from).name) && WGS84.includes(crsFacts(to).name)) return [...parts];
  const lat = parts.find(({ names }) => names.includes("lat"));
  const lon = parts.find(({ names }) => names.includes("lon"));
  if (!lat && !lon) return [...parts];
  if (!lat || !lon)
    throw new CrsError(
      to,
      `cannot be reached: lat and lon change together, and ${lat ? "lon" : "lat"} is missing`,
    );
  const project = projector(from, to);
  if (lat === lon) return parts.map((part) => (part === lat ? projectStack(part, project) : part));
  if (lat.names.length > 1 || lon.names.length > 1)
    throw new CrsError(
      to,
      "cannot be reached: lat and lon are neither stacked together nor both alone; unstack() first",
    );
  const grid = projectGrid(lat, lon, parts.indexOf(lat) < parts.indexOf(lon), project);
  if (grid.length === 1) {
    const [stack] = grid as [Part];
    return parts.flatMap((part) =>
      part === lat || part === lon ? (part === firstOf(parts, lat, lon) ? [stack] : []) : [part],
    );
  }
  return parts.map(
    (part) => grid.find(({ names }) => names[0] === part.names[0] && part.names.length === 1) ?? part,
  );
}

type Project = (point: [number, number]) => [number, number];

function firstOf(parts: readonly Part[], a: Part, b: Part): Part {
  return parts.indexOf(a) < parts.indexOf(b) ? a : b;
}

function projectStack(part: Part, project: Project): Part {
  const [latAt, lonAt] = [part.names.indexOf("lat"), part.names.indexOf("lon")];
  const [lats, lons] = [part.columns[latAt] as Axis, part.columns[lonAt] as Axis];
  const { y, x } = projectPoints(lats.values, lons.values, project);
  const columns = part.columns.map((axis, at) =>
    at === latAt ? new ArrayAxis(y) : at === lonAt ? new ArrayAxis(x) : axis,
  );
  return { names: part.names, shape: part.shape, columns };
}

/** Two axes where x depends on the longitude alone and y on the latitude alone, else one stack. */
function projectGrid(lat: Part, lon: Part, latFirst: boolean, project: Project): Part[] {
  const [lats, lons] = [(lat.columns[0] as Axis).values, (lon.columns[0] as Axis).values];
  const [rows, columns] = latFirst ? [lats, lons] : [lons, lats];
  const size = rows.length * columns.length;
  const tall = new Float64Array(size);
  const wide = new Float64Array(size);
  for (let row = 0; row < rows.length; row++)
    for (let column = 0; column < columns.length; column++) {
      tall[row * columns.length + column] = rows[row] as number;
      wide[row * columns.length + column] = columns[column] as number;
    }
  const { y, x } = projectPoints(latFirst ? tall : wide, latFirst ? wide : tall, project);
  const alongRows = latFirst ? y : x;
  const alongColumns = latFirst ? x : y;
  const straight = isStraight(alongRows, alongColumns, rows.length, columns.length);
  if (!straight) {
    const names = latFirst ? ["lat", "lon"] : ["lon", "lat"];
    return [
      {
        names,
        shape: [rows.length, columns.length],
        columns: [new ArrayAxis(alongRows), new ArrayAxis(alongColumns)],
      },
    ];
  }
  const first = Float64Array.from(
    { length: rows.length },
    (_, at) => alongRows[at * columns.length] as number,
  );
  const second = alongColumns.slice(0, columns.length);
  const [latValues, lonValues] = latFirst ? [first, second] : [second, first];
  return [
    axisPart("lat", simplifyAxis(new ArrayAxis(latValues))),
    axisPart("lon", simplifyAxis(new ArrayAxis(lonValues))),
  ];
}

/** Whether rows are level and columns upright, to a billionth of the extent. */
function isStraight(
  alongRows: Float64Array,
  alongColumns: Float64Array,
  rows: number,
  columns: number,
): boolean {
  const extent = (values: Float64Array) => {
    let greatest = 0;
    for (const value of values) greatest = Math.max(greatest, Math.abs(value));
    return greatest * 1e-9;
  };
  const [rowSlack, columnSlack] = [extent(alongRows), extent(alongColumns)];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      if (Math.abs((alongRows[at] as number) - (alongRows[row * columns] as number)) > rowSlack) return false;
      if (Math.abs((alongColumns[at] as number) - (alongColumns[column] as number)) > columnSlack)
        return false;
    }
  return true;
}

function projectPoints(
  lats: Float64Array,
  lons: Float64Array,
  project: Project,
): { y: Float64Array; x: Float64Array } {
  const result = { y: new Float64Array(lats.length), x: new Float64Array(lats.length) };
  for (let at = 0; at < lats.length; at++) {
    const [x, y] = project([lons[at] as number, lats[at] as number]);
    result.x[at] = x;
    result.y[at] = y;
  }
  return result;
}

/** Metres in the vertical units of PROJ. */
const METRES: Readonly<Record<string, number>> = {
  m: 1,
  km: 1000,
  cm: 0.01,
  ft: 0.3048,
  "us-ft": 1200 / 3937,
};

function transformHeights(parts: readonly Part[], from: string, to: string): Part[] {
  const [source, target] = [crsFacts(from).verticalUnits, crsFacts(to).verticalUnits];
  return parts.map((part) => {
    const at = part.names.indexOf("alt");
    if (at < 0) return part;
    if (!target) throw new CrsError(to, "has no vertical units, which alt needs: add +vunits=m");
    const scale = (own(METRES, source ?? "m") ?? Number.NaN) / (own(METRES, target) ?? Number.NaN);
    if (Number.isNaN(scale))
      throw new CrsError(
        to,
        `has vertical units that are not known: ${target}; known are ${Object.keys(METRES).join(", ")}`,
      );
    if (scale === 1) return part;
    const columns = part.columns.map((axis, each) =>
      each === at ? new ArrayAxis(axis.values.map((value) => value * scale)) : axis,
    );
    return { ...part, columns } as Part;
  });
}
