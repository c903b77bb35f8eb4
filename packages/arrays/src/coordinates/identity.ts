import type { Axis } from "./axis.ts";
import type { CanonicalValue } from "./canonical-json.ts";
import { crsFacts } from "./crs.ts";
import { formatInstant } from "./instant.ts";
import type { Part } from "./part.ts";
import { evenSteps } from "./simplify.ts";

/**
 * What makes coordinates the same, whatever the way they were written: the labels, evenly spaced ones as start, step and
 * size however they are kept; dimensions, and names within a stack, sorted; the CRS by its one name.
 */
export function identityOf(parts: readonly Part[], crs: string): CanonicalValue {
  const dims = parts.map((part) => partIdentity(part)).sort((a, b) => (a.names < b.names ? -1 : 1));
  return { crs: crsFacts(crs).name, dims };
}

function partIdentity(part: Part): { names: string; [member: string]: CanonicalValue } {
  const columns = part.names.map((name, at) => [name, part.columns[at] as Axis] as const);
  columns.sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    names: columns.map(([name]) => name).join(" "),
    shape: [...part.shape],
    labels: columns.map(([, axis]) => axisIdentity(axis)),
  };
}

/** A function of the labels alone, so that a list and a uniform axis of the same labels have the same. */
function axisIdentity({ kind, calendar, values, size }: Axis): CanonicalValue {
  const time = kind === "time" ? { calendar } : {};
  const write = (value: number): CanonicalValue =>
    kind === "time" && Number.isFinite(value)
      ? { $instant: formatInstant(value, "millisecond", calendar) }
      : value;
  const first = values[0] as number;
  for (const step of size < 2 ? [] : evenSteps(values))
    if (values.every((value, at) => value === first + at * step))
      return { ...time, start: write(first), step, size };
  return { ...time, values: Array.from(values, write) };
}
