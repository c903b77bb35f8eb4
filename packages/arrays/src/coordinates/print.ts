import type { Axis } from "./axis.ts";
import { formatInstant } from "./instant.ts";
import { type Part, partDims } from "./part.ts";

/** What is printed of coordinates. */
interface Printable {
  readonly parts: readonly Part[];
  readonly crs: string;
  readonly dims: string[];
  readonly shape: number[];
}

/** Prints coordinates as xarray prints those of an array. */
export function printCoordinates({ parts, crs, dims, shape }: Printable): string {
  const sizes = dims.map((dim, at) => `${dim}: ${shape[at]}`).join(", ");
  return [`<Coordinates (${sizes})> ${crs}`, ...coordinateLines(parts)].join("\n");
}

/** One line for each unstacked dimension: `  * lat      (lat) 0 0.5 1 … 89.5`. */
export function coordinateLines(parts: readonly Part[]): string[] {
  const rows = parts.flatMap((part) =>
    part.names.map((name, at) => ({
      name,
      dims: partDims(part),
      axis: part.columns[at] as Axis,
      own: part.names.length === 1,
    })),
  );
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  return rows.map(
    ({ name, dims, axis, own }) =>
      `  ${own ? "*" : " "} ${name.padEnd(width)}  (${dims.join(", ")}) ${axis.kind === "time" ? "time" : "float64"} ${sample(axis)}`,
  );
}

/** The first and last labels of an axis. */
export function sample(axis: Pick<Axis, "kind" | "size" | "values" | "calendar" | "precision">): string {
  const show = (at: number) => showLabel(axis, axis.values[at] as number);
  const { size } = axis;
  const each = axis.kind === "time" ? 2 : 3;
  if (size <= each * 2) return Array.from({ length: size }, (_, at) => show(at)).join(" ");
  const first = Array.from({ length: each }, (_, at) => show(at));
  const last = Array.from({ length: each }, (_, at) => show(size - each + at));
  return [...first, "…", ...last].join(" ");
}

/** A label as it is shown: a number to 6 digits, an instant as ISO. */
export function showLabel(
  { kind, precision, calendar }: Pick<Axis, "kind" | "calendar" | "precision">,
  value: number,
): string {
  return kind === "time" ? formatInstant(value, precision, calendar) : showNumber(value);
}

/** A number to 4 digits after the point, without trailing zeros. */
export function showNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return String(Number(value.toPrecision(Math.abs(value) >= 1 ? 6 : 4)));
}
