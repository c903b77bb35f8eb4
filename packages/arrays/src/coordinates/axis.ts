import type { CalendarName } from "./calendar.ts";
import type { Precision } from "./instant.ts";
import type { Picks } from "./picks.ts";
import type { TimeStep } from "./time-step.ts";

/** What an axis holds: float64 numbers, or instants as milliseconds of its calendar. Never both. */
export type AxisKind = "number" | "time";

/** The labels of one dimension: a 1-d sequence of one kind. Immutable. */
export interface Axis {
  readonly kind: AxisKind;
  readonly size: number;
  /** The labels as numbers; instants in milliseconds. Do not change it. */
  readonly values: Float64Array;
  /** The distance between neighbours where it is uniform by construction. */
  readonly step: number | TimeStep | undefined;
  /** For instants: whose dates they are. */
  readonly calendar: CalendarName;
  /** For instants: how finely they are shown. */
  readonly precision: Precision;
  /** The axis of these positions. */
  take(picks: Picks): Axis;
  /** As JSON that {@link axisFromDefinition} reads back. */
  definition(): AxisDefinition;
}

/** A number in JSON: what JSON cannot write is a string. */
export type JsonNumber = number | "NaN" | "Infinity" | "-Infinity";

/** An axis as JSON. Instants are ISO strings of the calendar that `time` names. */
export type AxisDefinition =
  | { readonly values: readonly JsonNumber[] }
  | { readonly start: JsonNumber; readonly step: JsonNumber; readonly size: number }
  | { readonly time: CalendarName; readonly values: readonly string[] }
  | { readonly time: CalendarName; readonly start: string; readonly step: string; readonly size: number };

/** Writes a number for JSON; minus zero is zero. */
export function jsonNumber(value: number): JsonNumber {
  if (Number.isFinite(value)) return value + 0;
  return String(value) as JsonNumber;
}

/** Reads what {@link jsonNumber} wrote; undefined for anything else. */
export function readJsonNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : undefined;
}

/** The least and the greatest label, NaN left out; `[NaN, NaN]` of none. */
export function axisBounds({ values }: Pick<Axis, "values">): [least: number, greatest: number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return least > greatest ? [Number.NaN, Number.NaN] : [least, greatest];
}

/** Whether the labels of two axes can be compared: both numbers, or both instants of one calendar. */
export function isComparable(a: Axis, b: Axis): boolean {
  return a.kind === b.kind && (a.kind === "number" || a.calendar === b.calendar);
}

/** Whether two axes have the same labels, in the same order, of the same kind and calendar. */
export function sameLabels(a: Axis, b: Axis): boolean {
  if (a === b) return true;
  if (!isComparable(a, b) || a.size !== b.size) return false;
  const [left, right] = [a.values, b.values];
  for (let at = 0; at < left.length; at++)
    if (left[at] !== right[at] && !(Number.isNaN(left[at]) && Number.isNaN(right[at]))) return false;
  return true;
}
