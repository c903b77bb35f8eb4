import { type Axis, type AxisDefinition, type AxisKind, jsonNumber } from "./axis.ts";
import type { CalendarName } from "./calendar.ts";
import { formatInstant, type Precision, precisionOf } from "./instant.ts";
import { type Picks, pickAt, picksSize } from "./picks.ts";

/** What an axis of instants needs beside its values. */
export interface TimeScale {
  readonly calendar: CalendarName;
  readonly precision?: Precision;
}

/** An axis whose labels are listed, in any order, even repeated. */
export class ArrayAxis implements Axis {
  readonly kind: AxisKind;
  readonly values: Float64Array;
  readonly calendar: CalendarName;
  readonly precision: Precision;
  readonly step: undefined = undefined;

  /** Takes the array over: do not change it afterwards. With `time` the values are instants in milliseconds. */
  constructor(values: Float64Array, time?: TimeScale) {
    for (let at = 0; at < values.length; at++) values[at] = (values[at] as number) + 0;
    this.values = values;
    this.kind = time ? "time" : "number";
    this.calendar = time?.calendar ?? "proleptic_gregorian";
    this.precision = time ? (time.precision ?? precisionOf(values, time.calendar)) : "millisecond";
  }

  get size(): number {
    return this.values.length;
  }

  take(picks: Picks): Axis {
    const taken = Float64Array.from(
      { length: picksSize(picks) },
      (_, at) => this.values[pickAt(picks, at)] as number,
    );
    return new ArrayAxis(taken, this.kind === "time" ? this : undefined);
  }

  definition(): AxisDefinition {
    if (this.kind === "number") return { values: Array.from(this.values, jsonNumber) };
    const precision = this.precision;
    return {
      time: this.calendar,
      values: Array.from(this.values, (ms) => formatInstant(ms, precision, this.calendar)),
    };
  }
}

/** Positions 0, 1, 2 … as labels, for a dimension that has none. */
export function positionAxis(size: number): Axis {
  return new ArrayAxis(Float64Array.from({ length: size }, (_, at) => at));
}
