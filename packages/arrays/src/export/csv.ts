import { BAND } from "../array/labelled.ts";
import { stridesOf } from "../array/strided.ts";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import type { Axis } from "../coordinates/axis.ts";
import { formatInstant } from "../coordinates/instant.ts";
import { partDims } from "../coordinates/part.ts";
import { singleUnits } from "../units/band-units.ts";

/**
 * Writes an array as comma-separated values (RFC 4180), a line for each value: its labels, one column for each unstacked
 * dimension, and the value. The head names the columns and, in brackets, the unit. NaN is empty.
 */
export function toCSV(array: UnitsDataArray): string {
  const columns = labelColumns(array);
  const units = singleUnits(array.units, "toCSV");
  const name = array.name ?? "value";
  const lines = [
    [...columns.map((column) => column.name), units === undefined ? name : `${name} [${units}]`]
      .map(quoted)
      .join(","),
  ];
  for (const [index, value] of array.toTypedArray().entries()) {
    const labels = columns.map((column) => column.labels[column.at(index)]);
    lines.push([...labels, Number.isNaN(value) ? "" : String(value)].join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

interface LabelColumn {
  readonly name: string;
  /** As they are written. */
  readonly labels: readonly string[];
  /** Which of the labels goes with a value, by the place of the value in C order. */
  at(index: number): number;
}

function labelColumns({ dims, shape, bands, coordinates }: UnitsDataArray): LabelColumn[] {
  const stride = stridesOf(shape);
  const along = (dim: string) => {
    const [step, size] = [stride[dims.indexOf(dim)] as number, shape[dims.indexOf(dim)] as number];
    return (index: number) => Math.floor(index / step) % size;
  };
  const done = new Set<string>();
  return dims.flatMap((dim): LabelColumn[] => {
    if (dim === BAND && bands) return [{ name: BAND, labels: bands.map(quoted), at: along(BAND) }];
    const part = coordinates.parts.find((each) => partDims(each).includes(dim));
    if (!part || done.has(part.names.join())) return [];
    done.add(part.names.join());
    const places = partDims(part).map(along);
    const at = (index: number) =>
      places.reduce((sum, place, k) => sum * (part.shape[k] as number) + place(index), 0);
    return part.names.map((name, column) => ({ name, labels: written(part.columns[column] as Axis), at }));
  });
}

function written({ kind, values, precision, calendar }: Axis): string[] {
  return Array.from(values, (value) =>
    kind === "time" ? formatInstant(value, precision, calendar) : String(value),
  );
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
