import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";

/** When a result ends: after a duration, at a moment, or as its function says; `undefined` = never. */
export type Expires<Result> = Duration | ((result: Result) => Date | Duration | undefined);

/** Checks the option and returns what tells, on a clock, when a result ends. */
export function parseExpires<Result>(
  expires: Expires<Result> | undefined,
): (result: Result, now: number) => number {
  if (typeof expires === "function") return (result, now) => momentOf(expires(result), now);
  const duration = parseDuration("expires", expires ?? Number.POSITIVE_INFINITY);
  return (_, now) => now + duration;
}

function momentOf(ends: Date | Duration | undefined, now: number): number {
  if (!(ends instanceof Date)) return now + parseDuration("expires", ends ?? Number.POSITIVE_INFINITY);
  if (Number.isNaN(ends.getTime()))
    throw new InvalidOptionError("expires", "an invalid Date", "a Date, a duration or undefined");
  return ends.getTime();
}
