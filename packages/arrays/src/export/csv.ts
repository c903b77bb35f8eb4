import { BAND } from "../array/labelled.ts";
import { stridesOf } from "../array/strided.ts";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import { formatInstant } from "../coordinates/instant.ts";
import { isStacked, partDims } from "../coordinates/part.ts";
import { singleUnits } from "../units/band-units.ts";

/**
 * Writes an array as comma-separated values (RFC 4180), a line for each value: its labels, one column for each unstacked
 * dimension, and the value. The head names the columns and, in brackets, the unit. NaN is empty.
 */
export function toCSV(array: UnitsDataArray): string {
  const { dims, shape } = array;
  const columns = labelColumns(array);
  const units = singleUnits(array.units, "toCSV");
  const name = array.name ?? "value";
  const lines = [
    [...columns.map((column) => column.name), units === undefined ? name : `${name} [${units}]`]
      .map(quoted)
      .join(","),
  ];
  const values = array.toTypedArray();
  const stride = stridesOf(shape);
  for (let index = 0; index < values.length; index++) {
    const at = new Map(
      dims.map((dim, each) => [dim, Math.floor(index / (stride[each] as number)) % (shape[each] as number)]),
    );
    const value = values[index] as number;
    lines.push(
      [...columns.map((column) => quoted(column.label(at))), Number.isNaN(value) ? "" : String(value)].join(
        ",",
      ),
    );
  }
  return `${lines.join("\r\n")}\r\n`;
}

interface LabelColumn {
  readonly name: string;
  label(at: ReadonlyMap<string, number>): string;
}

function labelColumns({ dims, bands, coordinates }: UnitsDataArray): LabelColumn[] {
  const done = new Set<string>();
  return dims.flatMap((dim): LabelColumn[] => {
    if (dim === BAND && bands) return [{ name: BAND, label: (at) => bands[at.get(BAND) ?? 0] ?? "" }];
    const part = coordinates.parts.find((each) => partDims(each).includes(dim));
    if (!part || done.has(part.names.join())) return [];
    done.add(part.names.join());
    const inPart = partDims(part);
    return part.names.map((name, column) => ({
      name,
      label(at) {
        const axis = part.columns[column];
        const position = isStacked(part)
          ? inPart.reduce((sum, each, k) => sum * (part.shape[k] as number) + (at.get(each) ?? 0), 0)
          : (at.get(dim) ?? 0);
        const value = axis?.values[position] as number;
        return axis?.kind === "time" ? formatInstant(value, axis.precision, axis.calendar) : String(value);
      },
    }));
  });
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
