import { CoordinateError, mixedLabels } from "../errors.ts";
import { ArrayAxis } from "./array-axis.ts";
import { type Axis, isComparable } from "./axis.ts";
import { finer } from "./instant.ts";
import { axisPart, isStacked, type Part, partDims, takePart } from "./part.ts";
import { picksOf } from "./picks.ts";
import { simplifyAxis } from "./simplify.ts";

/** Appends the labels of `right` to those of `left`, dimension by dimension. Both have the same dimensions. */
export function concatParts(left: readonly Part[], right: readonly Part[]): Part[] {
  return pair(left, right).map(([a, b]) => {
    if (!isStacked(a)) return axisPart(a.names[0], appended(a.names[0], a.columns[0], column(b, a.names[0])));
    if (a.shape.length > 1) throw new CoordinateError(`Stack "${a.names.join("_")}" has several dimensions`);
    const columns = a.names.map((name, at) => appended(name, a.columns[at] as Axis, column(b, name)));
    return { names: a.names, shape: [columns[0]?.size ?? 0], columns };
  });
}

/** The labels of both, each once; sorted, or, in a stack, in the order in which they came. */
export function unionParts(left: readonly Part[], right: readonly Part[]): Part[] {
  return uniqueParts(concatParts(left, right)).map((part) => {
    if (isStacked(part)) return part;
    const axis = part.columns[0];
    const sorted = new ArrayAxis(axis.values.slice().sort(), axis.kind === "time" ? axis : undefined);
    return axisPart(part.names[0], simplifyAxis(sorted));
  });
}

/** Each label once, in the order in which it came first; a stack's points count as a whole. */
export function uniqueParts(parts: readonly Part[]): Part[] {
  return parts.map((part) => {
    if (part.shape.length > 1) return part;
    const seen = new Set<unknown>();
    const positions: number[] = [];
    for (let at = 0; at < (part.shape[0] ?? 0); at++) {
      const key = pointKey(part.columns, at);
      if (!seen.has(key)) positions.push(at);
      seen.add(key);
    }
    return positions.length === part.shape[0] ? part : takePart(part, [picksOf(positions)]);
  });
}

/** Puts coordinates of different dimensions side by side; a dimension that comes twice is an error. */
export function mergeParts(all: readonly (readonly Part[])[]): Part[] {
  const parts = all.flat();
  const names = parts.flatMap((part) => part.names);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new CoordinateError(`Dimension "${twice}" comes twice in what is merged`);
  return parts;
}

/** Whether each dimension of `parts` has no label (in a stack: no point) that `of` lacks. */
export function isSubset(parts: readonly Part[], of: readonly Part[]): boolean {
  const byNames = new Map(of.map((part) => [sortedNames(part), part]));
  return parts.every((part) => {
    const other = byNames.get(sortedNames(part));
    if (!other) return false;
    const aligned = part.names.map((name) => column(other, name));
    if (!aligned.every((axis, at) => isComparable(axis, part.columns[at] as Axis))) return false;
    const there = new Set(Array.from({ length: aligned[0]?.size ?? 0 }, (_, at) => pointKey(aligned, at)));
    return Array.from({ length: part.columns[0]?.size ?? 0 }, (_, at) => pointKey(part.columns, at)).every(
      (key) => there.has(key),
    );
  });
}

function pointKey(columns: readonly Axis[], at: number): unknown {
  return columns.length === 1 ? columns[0]?.values[at] : columns.map(({ values }) => values[at]).join(" ");
}

function pair(left: readonly Part[], right: readonly Part[]): [Part, Part][] {
  const others = new Map(right.map((part) => [sortedNames(part), part]));
  if (left.length !== right.length || !left.every((part) => others.has(sortedNames(part))))
    throw new CoordinateError(
      `Dimensions differ: ${left.flatMap(partDims).join(", ")} and ${right.flatMap(partDims).join(", ")}`,
    );
  return left.map((part) => [part, others.get(sortedNames(part)) as Part]);
}

function column(part: Part, name: string): Axis {
  return part.columns[part.names.indexOf(name)] as Axis;
}

function sortedNames({ names }: Part): string {
  return [...names].sort().join(" ");
}

function appended(name: string, a: Axis, b: Axis): Axis {
  if (a.size > 0 && b.size > 0 && !isComparable(a, b)) throw mixedLabels(name);
  const values = new Float64Array(a.size + b.size);
  values.set(a.values);
  values.set(b.values, a.size);
  const scale = a.size > 0 ? a : b;
  return new ArrayAxis(
    values,
    scale.kind === "time"
      ? { calendar: scale.calendar, precision: finer(a.precision, b.precision) }
      : undefined,
  );
}
