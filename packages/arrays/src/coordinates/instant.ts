import { CoordinateError } from "../errors.ts";
import { type CalendarName, dateOf, dayOf, daysInMonth } from "./calendar.ts";

/** How finely an instant was written: what it is shown with, and how long a period it stands for as a label. */
export type Precision = "year" | "month" | "day" | "hour" | "minute" | "second" | "millisecond";

/** From coarse to fine. */
const PRECISIONS: readonly Precision[] = ["year", "month", "day", "hour", "minute", "second", "millisecond"];

/** A moment in milliseconds of its calendar, with the precision that it was written with. */
export interface Instant {
  readonly ms: number;
  readonly precision: Precision;
}

export const DAY_MS = 86_400_000;

const ISO =
  /^([+-]?\d{4,6})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?)?)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/;

/**
 * Reads an ISO 8601 date or date and time. Without a zone it is UTC; year, month, day, hours … may be left off from
 * the right, and the precision says where it ended. Milliseconds are the finest that is kept.
 */
export function parseInstant(text: string, calendar: CalendarName = "proleptic_gregorian"): Instant {
  const match = ISO.exec(text.trim());
  if (!match)
    throw new CoordinateError(`${JSON.stringify(text)} is not an ISO 8601 date such as 2018-01-31T12:00`);
  const given = match.slice(1, 7).filter((part) => part !== undefined).length;
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((at) =>
    match[at] === undefined ? (at === 2 || at === 3 ? 1 : 0) : Number(match[at]),
  ) as [number, number, number, number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(calendar, year, month))
    throw new CoordinateError(`${JSON.stringify(text)} is not a date of the calendar ${calendar}`);
  if (hour > 24 || minute > 59 || second > 60)
    throw new CoordinateError(`${JSON.stringify(text)} is not a time of day`);
  const fraction = match[7] ? Math.round(Number(`0.${match[7]}`) * 1000) : 0;
  const clock = ((hour * 60 + minute) * 60 + second) * 1000 + fraction - zoneOffset(match[8]);
  const precision = match[7] ? "millisecond" : (PRECISIONS[given - 1] as Precision);
  return { ms: dayOf(calendar, [year, month, day]) * DAY_MS + clock, precision };
}

function zoneOffset(zone: string | undefined): number {
  if (!zone || zone === "Z" || zone === "UTC") return 0;
  const sign = zone.startsWith("-") ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000;
}

/** The instant of a `Date`, to the millisecond. */
export function instantOf(date: Date): Instant {
  const ms = date.getTime();
  if (Number.isNaN(ms)) throw new CoordinateError("The Date is invalid");
  return { ms, precision: "millisecond" };
}

/** Writes an instant as ISO 8601 in UTC, down to `precision`; NaN is `NaT`. */
export function formatInstant(
  ms: number,
  precision: Precision = "millisecond",
  calendar: CalendarName = "proleptic_gregorian",
): string {
  if (Number.isNaN(ms)) return "NaT";
  const day = Math.floor(ms / DAY_MS);
  const clock = Math.round(ms - day * DAY_MS);
  const [year, month, date] = dateOf(calendar, day);
  const two = (value: number) => String(value).padStart(2, "0");
  const wide = year < 0 || year > 9999;
  const years = wide
    ? `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`
    : String(year).padStart(4, "0");
  const level = PRECISIONS.indexOf(precision);
  let text = years;
  if (level >= 1) text += `-${two(month)}`;
  if (level >= 2) text += `-${two(date)}`;
  if (level >= 3) text += `T${two(Math.floor(clock / 3_600_000))}`;
  if (level >= 3) text += `:${two(Math.floor(clock / 60_000) % 60)}`;
  if (level >= 5) text += `:${two(Math.floor(clock / 1000) % 60)}`;
  if (level >= 6) text += `.${String(clock % 1000).padStart(3, "0")}`;
  return text;
}

/** The finer of two precisions. */
export function finer(a: Precision, b: Precision): Precision {
  return PRECISIONS.indexOf(a) >= PRECISIONS.indexOf(b) ? a : b;
}

/** The coarsest precision that writes all of these moments without loss. */
export function precisionOf(values: ArrayLike<number>, calendar: CalendarName): Precision {
  let level = 0;
  for (let at = 0; at < values.length && level < 6; at++) {
    const ms = values[at] as number;
    if (!Number.isFinite(ms)) continue;
    const day = Math.floor(ms / DAY_MS);
    const clock = ms - day * DAY_MS;
    const [, month, date] = dateOf(calendar, day);
    const needed =
      clock % 1000 !== 0
        ? 6
        : clock % 60_000 !== 0
          ? 5
          : clock !== 0
            ? 4
            : date !== 1
              ? 2
              : month !== 1
                ? 1
                : 0;
    level = Math.max(level, needed);
  }
  return PRECISIONS[level] as Precision;
}

/** The first and last millisecond of the period that an instant of this precision stands for: `2018-02` is a month. */
export function periodOf({ ms, precision }: Instant, calendar: CalendarName): [first: number, last: number] {
  const [year, month] = dateOf(calendar, Math.floor(ms / DAY_MS));
  const length = { day: DAY_MS, hour: 3_600_000, minute: 60_000, second: 1000, millisecond: 1 };
  if (precision === "year") return [ms, dayOf(calendar, [year + 1, 1, 1]) * DAY_MS - 1];
  if (precision !== "month") return [ms, ms + length[precision] - 1];
  const next: [number, number, number] = month === 12 ? [year + 1, 1, 1] : [year, month + 1, 1];
  return [ms, dayOf(calendar, next) * DAY_MS - 1];
}
