import { CoordinateError } from "../errors.ts";
import { type CalendarName, dateOf, dayOf, daysInMonth } from "./calendar.ts";
import { DAY_MS } from "./instant.ts";

/** A unit of a time step; months and years are nominal. */
export type TimeStepUnit = "Y" | "M" | "D" | "h" | "m" | "s" | "ms";

/** So many of a unit, negative to go back. */
export interface TimeStep {
  readonly count: number;
  readonly unit: TimeStepUnit;
}

const LENGTHS: Readonly<Record<Exclude<TimeStepUnit, "Y" | "M">, number>> = {
  D: DAY_MS,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

const PATTERN = /^\s*([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*,\s*(Y|M|D|h|m|s|ms)\s*$/;

/** Reads a step such as `"1,M"`, `"-6,h"`. Zero, and a fraction of a month or year, are errors. */
export function parseTimeStep(text: string): TimeStep {
  const match = PATTERN.exec(text);
  if (!match)
    throw new CoordinateError(
      `Step ${JSON.stringify(text)} is not "<n>,<unit>" with a unit of Y, M, D, h, m, s, ms, such as "1,M"`,
    );
  const step: TimeStep = { count: Number(match[1]), unit: match[2] as TimeStepUnit };
  if (step.count === 0) throw new CoordinateError(`Step ${JSON.stringify(text)} is zero`);
  if (isNominal(step) && !Number.isInteger(step.count))
    throw new CoordinateError(`Step ${JSON.stringify(text)}: months and years are whole`);
  return step;
}

/** Writes a step as {@link parseTimeStep} reads it. */
export function formatTimeStep({ count, unit }: TimeStep): string {
  return `${count},${unit}`;
}

/** Whether the step has no fixed length: months and years. */
export function isNominal({ unit }: TimeStep): boolean {
  return unit === "M" || unit === "Y";
}

/** The length of a step in milliseconds; for a nominal one about. */
export function lengthOf({ count, unit }: TimeStep): number {
  if (unit === "Y") return count * 365.2425 * DAY_MS;
  if (unit === "M") return count * 30.436875 * DAY_MS;
  return count * LENGTHS[unit];
}

/** The step of this many milliseconds, in the largest unit that it is a whole number of. */
export function timeStepOf(milliseconds: number): TimeStep {
  for (const unit of ["D", "h", "m", "s"] as const)
    if (milliseconds % LENGTHS[unit] === 0) return { count: milliseconds / LENGTHS[unit], unit };
  return { count: milliseconds, unit: "ms" };
}

/**
 * The moment `times` steps after `start`, to the millisecond. Months and years are counted from the start, on its day of the month or, where
 * the month is too short, on its last: 01-31 by one month → 02-28, 03-31.
 */
export function stepFrom(start: number, step: TimeStep, times: number, calendar: CalendarName): number {
  if (!isNominal(step)) return Math.round(start + times * lengthOf(step));
  const startDay = Math.floor(start / DAY_MS);
  const [year, month, day] = dateOf(calendar, startDay);
  const months = year * 12 + (month - 1) + times * step.count * (step.unit === "Y" ? 12 : 1);
  const [newYear, newMonth] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  const newDay = Math.min(day, daysInMonth(calendar, newYear, newMonth));
  return dayOf(calendar, [newYear, newMonth, newDay]) * DAY_MS + (start - startDay * DAY_MS);
}
