import { CoordinateError } from "../errors.ts";
import { ArrayAxis, type TimeScale } from "./array-axis.ts";
import { type Axis, type AxisDefinition, type AxisKind, jsonNumber } from "./axis.ts";
import type { CalendarName } from "./calendar.ts";
import { finer, formatInstant, type Precision, precisionOf } from "./instant.ts";
import type { Picks } from "./picks.ts";
import { formatTimeStep, isNominal, lengthOf, stepFrom, type TimeStep } from "./time-step.ts";

/** An axis of evenly spaced labels, kept as its start, step and size: label `i` is `start + i * step`. */
export class UniformAxis implements Axis {
  readonly kind: AxisKind;
  readonly start: number;
  readonly step: number | TimeStep;
  readonly size: number;
  readonly calendar: CalendarName;
  readonly precision: Precision;
  #values: Float64Array | undefined;

  /** `start` is in milliseconds where the step is one of time. The step is not zero. */
  constructor(start: number, step: number | TimeStep, size: number, time?: TimeScale) {
    this.kind = typeof step === "number" ? "number" : "time";
    this.start = start + 0;
    this.step = step;
    this.size = size;
    this.calendar = time?.calendar ?? "proleptic_gregorian";
    this.precision =
      typeof step === "number"
        ? "millisecond"
        : finer(
            time?.precision ?? "year",
            precisionOf(
              Array.from({ length: Math.min(size, 3) }, (_, at) => this.#label(at)),
              this.calendar,
            ),
          );
  }

  get values(): Float64Array {
    this.#values ??= Float64Array.from({ length: this.size }, (_, at) => this.#label(at));
    return this.#values;
  }

  #label(at: number): number {
    const { step } = this;
    return (
      (typeof step === "number" ? this.start + at * step : stepFrom(this.start, step, at, this.calendar)) + 0
    );
  }

  take(picks: Picks): Axis {
    // A month's steps are counted from the start, and another start may lie on another day of the month; and a sum of
    // other numbers may round otherwise: uniform is kept only where no label changes.
    const listed = new ArrayAxis(this.values, this.kind === "time" ? this : undefined).take(picks);
    if (picks instanceof Int32Array || picks.size < 2) return listed;
    const step =
      typeof this.step === "number"
        ? this.step * picks.step
        : { count: this.step.count * picks.step, unit: this.step.unit };
    const even = new UniformAxis(listed.values[0] as number, step, picks.size, this);
    return even.values.every((value, at) => value === listed.values[at]) ? even : listed;
  }

  definition(): AxisDefinition {
    const { start, step, size, calendar } = this;
    if (typeof step === "number") return { start: jsonNumber(start), step: jsonNumber(step), size };
    const precision = finer(this.precision, precisionOf([start], calendar));
    return {
      time: calendar,
      start: formatInstant(start, precision, calendar),
      step: formatTimeStep(step),
      size,
    };
  }
}

/**
 * How many steps fit between two numbers, both ends counted; a stop that misses a step by no more than rounding falls on
 * it. A zero or wrong-signed step is an error.
 */
export function stepsBetween(start: number, stop: number, step: number): number {
  if (!Number.isFinite(start) || !Number.isFinite(stop) || !Number.isFinite(step))
    throw new CoordinateError(`start ${start}, stop ${stop} and step ${step} must be finite`);
  if (step === 0) throw new CoordinateError("step is zero");
  if ((stop - start) * step < 0)
    throw new CoordinateError(`step ${step} leads away from stop: start ${start}, stop ${stop}`);
  const steps = (stop - start) / step;
  const rounded = Math.round(steps);
  return (Math.abs(steps - rounded) <= 1e-9 * Math.max(1, steps) ? rounded : Math.floor(steps)) + 1;
}

/** How many time steps fit between two instants, both ends counted. */
export function timeStepsBetween(
  start: number,
  stop: number,
  step: TimeStep,
  calendar: CalendarName,
): number {
  if (Number.isNaN(start) || Number.isNaN(stop))
    throw new CoordinateError("start and stop of steps must be moments, not NaT");
  if ((stop - start) * step.count < 0)
    throw new CoordinateError(`step "${formatTimeStep(step)}" leads away from stop`);
  if (!isNominal(step)) return stepsBetween(start, stop, lengthOf(step));
  let steps = Math.floor((stop - start) / (stepFrom(start, step, 1, calendar) - start));
  const past = (at: number) => (stepFrom(start, step, at, calendar) - stop) * Math.sign(step.count) > 0;
  while (past(steps)) steps -= 1;
  while (!past(steps + 1)) steps += 1;
  return steps + 1;
}
