import { ArrayAxis, positionAxis } from "../coordinates/array-axis.ts";
import type { Axis } from "../coordinates/axis.ts";
import { simplifyAxis } from "../coordinates/simplify.ts";
import { decodeTimes, isTimeUnits, keptCalendar, timeEncoding } from "./cf-time.ts";

/** The labels of one dimension as they were read. */
export type Labels = { readonly axis: Axis } | { readonly names: readonly string[] };

/** Makes an axis of the decoded values of a coordinate variable; times become instants of their calendar. */
export function axisOfValues(
  name: string,
  values: ArrayLike<number>,
  attrs: Readonly<Record<string, unknown>>,
  decodesTimes: boolean,
): Axis {
  const { units, calendar } = attrs;
  if (!decodesTimes || !isTimeUnits(units)) return simplifyAxis(new ArrayAxis(Float64Array.from(values)));
  const encoding = timeEncoding(name, units, calendar);
  const moments = decodeTimes(values, encoding);
  const kept = keptCalendar(encoding.calendar, moments);
  return simplifyAxis(new ArrayAxis(moments, { calendar: kept }));
}

/** Positions as labels, for a dimension that has no coordinate variable. */
export function positionLabels(size: number): Axis {
  return simplifyAxis(positionAxis(size));
}
