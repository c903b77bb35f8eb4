import { parseAmount } from "./amount.ts";
import { InvalidOptionError } from "./errors.ts";

/** Milliseconds as a number (`Infinity` = for ever), or text such as `"500 ms"`, `"90s"`, `"5m"`, `"2h"`, `"1d"`. */
export type Duration = number | string;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  min: 6e4,
  h: 36e5,
  d: 864e5,
  w: 6048e5,
};

/** Reads a duration in milliseconds; throws {@link InvalidOptionError} naming `option` for anything else. */
export function parseDuration(option: string, duration: Duration): number {
  const ms = parseAmount(duration, UNITS);
  if (ms === undefined || !(ms >= 0))
    throw new InvalidOptionError(
      option,
      duration,
      'milliseconds ≥ 0, Infinity, or text such as "500 ms", "5m", "1d"',
    );
  return ms;
}
