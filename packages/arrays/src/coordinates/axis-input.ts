import { assertKnown, CoordinateError, InvalidArgumentError, shown } from "../errors.ts";
import { ArrayAxis } from "./array-axis.ts";
import { type Axis, type AxisDefinition, type JsonNumber, readJsonNumber } from "./axis.ts";
import { CALENDARS, type CalendarName, calendarNamed } from "./calendar.ts";
import { finer, type Instant, instantOf, type Precision, parseInstant } from "./instant.ts";
import { lengthOf, parseTimeStep, stepFrom, timeStepOf } from "./time-step.ts";
import { stepsBetween, timeStepsBetween, UniformAxis } from "./uniform-axis.ts";

/** One label: a number, or an instant as an ISO string or a `Date`. */
export type Label = number | string | Date;

/** Evenly spaced labels: `{ start, stop, step }`, `{ start, stop, size }` or `{ start, step, size }`. */
export interface UniformInput {
  readonly start: Label;
  readonly stop?: Label;
  /** A number, or `"<n>,<unit>"` with a unit of Y, M, D, h, m, s, ms. */
  readonly step?: number | string;
  readonly size?: number;
  /** Which end is kept where the other falls between two steps: `start` unless told. */
  readonly anchor?: "start" | "stop";
}

/** What the labels of one dimension may be given as. */
export type AxisInput = Label | readonly Label[] | ArrayLike<number> | UniformInput | Axis;

/** The short form of `{ start, stop, step }`: a stop that falls on a step is included. */
export function range(start: Label, stop: Label, step: number | string): UniformInput {
  return { start, stop, step };
}

/** Makes an axis of what was given for the dimension `name`; errors name it. */
export function axisOf(name: string, input: AxisInput): Axis {
  try {
    if (isAxis(input)) return input;
    if (typeof input === "number" || typeof input === "string" || input instanceof Date)
      return listed([input]);
    if (typeof input === "object" && input !== null && "start" in input) return uniform(input);
    if (Array.isArray(input) || ArrayBuffer.isView(input)) return listed(input as ArrayLike<Label>);
    throw new CoordinateError(
      `${shown(input)} is neither a label, a list of labels, nor { start, stop, step }`,
    );
  } catch (error) {
    if (!(error instanceof CoordinateError)) throw error;
    throw new CoordinateError(`Dimension "${name}": ${error.message}`, { cause: error });
  }
}

/** Tells an axis from what one is made of. */
export function isAxis(input: unknown): input is Axis {
  return input instanceof ArrayAxis || input instanceof UniformAxis;
}

function listed(labels: ArrayLike<Label>): Axis {
  const values = new Float64Array(labels.length);
  let precision: Precision = "year";
  let kind: "number" | "time" | undefined;
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at] as Label;
    const found = typeof label === "number" ? "number" : "time";
    kind ??= found;
    if (kind !== found)
      throw new CoordinateError(`numbers and instants are mixed: ${shown(labels[0])} and ${shown(label)}`);
    if (typeof label === "number") values[at] = label;
    else {
      const instant = instantFrom(label);
      values[at] = instant.ms;
      precision = finer(precision, instant.precision);
    }
  }
  return new ArrayAxis(values, kind === "time" ? { calendar: "proleptic_gregorian", precision } : undefined);
}

/** Reads an ISO string or a `Date`. */
export function instantFrom(label: Label, calendar?: CalendarName): Instant {
  if (label instanceof Date) return instantOf(label);
  if (typeof label === "string")
    return label === "NaT" ? { ms: Number.NaN, precision: "year" } : parseInstant(label, calendar);
  throw new CoordinateError(`${shown(label)} is not an instant: give an ISO string or a Date`);
}

function uniform(input: UniformInput): Axis {
  assertKnown("axis", input, ["start", "stop", "step", "size", "anchor"]);
  const { start, stop, step, size, anchor = "start" } = input;
  if (anchor !== "start" && anchor !== "stop")
    throw new InvalidArgumentError("anchor", anchor, "start, stop");
  if ([stop, step, size].filter((given) => given !== undefined).length !== 2)
    throw new CoordinateError("give two of stop, step and size beside start");
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 1))
    throw new CoordinateError(`size ${shown(size)} is not a whole number ≥ 1`);
  const mixed = stop !== undefined && (typeof start === "number") !== (typeof stop === "number");
  if (mixed || (step !== undefined && (typeof start === "number") !== (typeof step === "number")))
    throw new CoordinateError(
      `numbers and instants are mixed: start ${shown(start)}, stop ${shown(stop)}, step ${shown(step)}`,
    );
  return typeof start === "number"
    ? uniformNumbers(start, stop as number | undefined, step as number | undefined, size, anchor)
    : uniformInstants(start, stop, step as string | undefined, size, anchor);
}

function uniformNumbers(
  start: number,
  stop: number | undefined,
  step: number | undefined,
  size: number | undefined,
  anchor: "start" | "stop",
): Axis {
  if (step === undefined) {
    const [from, to, count] = [start, stop as number, size as number];
    if (!Number.isFinite(from) || !Number.isFinite(to))
      throw new CoordinateError(`start ${from} and stop ${to} must be finite`);
    if (count === 1) return new ArrayAxis(Float64Array.of(from));
    if (from === to) return new ArrayAxis(new Float64Array(count).fill(from));
    return new UniformAxis(from, (to - from) / (count - 1), count);
  }
  if (stop === undefined) {
    if (step === 0) throw new CoordinateError("step is zero");
    return new UniformAxis(start, step, size as number);
  }
  const count = stepsBetween(start, stop, step);
  return new UniformAxis(anchor === "start" ? start : stop - (count - 1) * step, step, count);
}

function uniformInstants(
  startLabel: Label,
  stopLabel: Label | undefined,
  stepText: string | undefined,
  size: number | undefined,
  anchor: "start" | "stop",
): Axis {
  const calendar: CalendarName = "proleptic_gregorian";
  const start = instantFrom(startLabel);
  const stop = stopLabel === undefined ? undefined : instantFrom(stopLabel);
  const precision = stop ? finer(start.precision, stop.precision) : start.precision;
  const time = { calendar, precision };
  if (stepText === undefined) {
    const [to, count] = [(stop as Instant).ms, size as number];
    const length = count === 1 ? 0 : (to - start.ms) / (count - 1);
    if (length === 0) return new ArrayAxis(new Float64Array(count).fill(start.ms), time);
    return new UniformAxis(start.ms, timeStepOf(length), count, time);
  }
  const step = parseTimeStep(stepText);
  if (!stop) return new UniformAxis(start.ms, step, size as number, time);
  if (anchor === "start")
    return new UniformAxis(start.ms, step, timeStepsBetween(start.ms, stop.ms, step, calendar), time);
  const back = { count: -step.count, unit: step.unit };
  if ((stop.ms - start.ms) * lengthOf(step) < 0)
    throw new CoordinateError(`step "${stepText}" leads away from stop`);
  const count = timeStepsBetween(stop.ms, start.ms, back, calendar);
  const values = Float64Array.from({ length: count }, (_, at) =>
    stepFrom(stop.ms, back, count - 1 - at, calendar),
  );
  return new ArrayAxis(values, { calendar });
}

/** Reads back what {@link Axis.definition} wrote. */
export function axisFromDefinition(name: string, definition: AxisDefinition): Axis {
  const fail = (reason: string) => new CoordinateError(`Dimension "${name}": ${reason}`);
  if (typeof definition !== "object" || definition === null)
    throw fail(`${shown(definition)} is not a definition`);
  const listed = "values" in definition;
  if (listed ? !Array.isArray(definition.values) : !isSize(Reflect.get(definition, "size")))
    throw fail(`${shown(definition)} is not a definition of an axis`);
  if ("time" in definition) {
    const calendar = typeof definition.time === "string" ? calendarNamed(definition.time) : undefined;
    if (!calendar) throw fail(`calendar ${shown(definition.time)} is not one of ${CALENDARS.join(", ")}`);
    if ("values" in definition) {
      const instants = definition.values.map((text) => instantFrom(text, calendar));
      const precision = instants.reduce<Precision>(
        (finest, instant) => finer(finest, instant.precision),
        "year",
      );
      return new ArrayAxis(
        Float64Array.from(instants, ({ ms }) => ms),
        { calendar, precision },
      );
    }
    const start = instantFrom(definition.start, calendar);
    return new UniformAxis(start.ms, parseTimeStep(definition.step), definition.size, {
      calendar,
      precision: start.precision,
    });
  }
  if ("values" in definition) return new ArrayAxis(Float64Array.from(definition.values, fromJson));
  if ("start" in definition) {
    const step = fromJson(definition.step);
    if (step === 0) throw fail("step is zero");
    return new UniformAxis(fromJson(definition.start), step, definition.size);
  }
  throw fail(`${shown(definition)} is not a definition of an axis`);
}

/** Whether it is a length that an axis may have. */
export function isSize(size: unknown): boolean {
  return Number.isSafeInteger(size) && (size as number) >= 0;
}

function fromJson(value: JsonNumber): number {
  const number = readJsonNumber(value);
  if (number !== undefined) return number;
  throw new CoordinateError(`${shown(value)} is not a number, "NaN", "Infinity" or "-Infinity"`);
}
