import { coordinateLines, showNumber } from "../coordinates/print.ts";
import { showUnits } from "../units/band-units.ts";
import { dtypeOf } from "./dtype.ts";
import { BAND, type Labelled } from "./labelled.ts";
import { ordered } from "./strided.ts";

/** How many entries are shown at each end of a dimension. */
const EDGE = 3;

/** Prints an array as xarray does: sizes, values, coordinates, units and attributes. */
export function printArray(
  array: Labelled & { readonly name?: string | undefined; readonly attrs: Readonly<Record<string, unknown>> },
): string {
  const { values, dims, name } = array;
  const sizes = dims.map((dim, at) => `${dim}: ${values.shape[at]}`).join(", ");
  const title = `<UnitsDataArray${name === undefined ? "" : ` '${name}'`} (${sizes})> ${dtypeOf(values.data)}`;
  return [title, printValues(ordered(values), values.shape), ...descriptionLines(array)].join("\n");
}

/** The lines below the values: coordinates, units, attributes. */
export function descriptionLines({
  coordinates,
  bands,
  units,
  attrs,
}: Pick<Labelled, "bands" | "units"> & {
  readonly coordinates: Pick<Labelled["coordinates"], "parts">;
  readonly attrs: Readonly<Record<string, unknown>>;
}): string[] {
  const lines = coordinateLines(coordinates.parts);
  if (bands) lines.push(`  * ${BAND}  (${BAND}) ${bands.join(" ")}`);
  const shownUnits = showUnits(units);
  const attributes = Object.entries(attrs).map(
    ([name, value]) =>
      `    ${name}: ${(typeof value === "string" ? value : (JSON.stringify(value) ?? String(value))).slice(0, 90)}`,
  );
  return [
    ...(lines.length > 0 ? ["Coordinates:", ...lines] : []),
    ...(shownUnits === undefined ? [] : [`Units: ${shownUnits}`]),
    ...(attributes.length > 0 ? ["Attributes:", ...attributes] : []),
  ];
}

/** Nested brackets, with the middle of long dimensions left out. */
function printValues(data: ArrayLike<number>, shape: readonly number[], start = 0, indent = 0): string {
  const [length, ...rest] = shape;
  if (length === undefined) return showNumber(data[start] as number);
  const step = rest.reduce((product, each) => product * each, 1);
  const positions =
    length <= 2 * EDGE + 1
      ? Array.from({ length }, (_, at) => at)
      : [
          ...Array.from({ length: EDGE }, (_, at) => at),
          -1,
          ...Array.from({ length: EDGE }, (_, at) => length - EDGE + at),
        ];
  const parts = positions.map((at) =>
    at < 0 ? "…" : printValues(data, rest, start + at * step, indent + 1),
  );
  return `[${parts.join(rest.length === 0 ? " " : `\n${" ".repeat(indent + 1)}`)}]`;
}
