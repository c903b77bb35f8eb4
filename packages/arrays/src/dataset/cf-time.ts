import { CALENDARS, type CalendarName, calendarNamed, dayOf } from "../coordinates/calendar.ts";
import { DAY_MS, parseInstant } from "../coordinates/instant.ts";
import { DatasetError, shown } from "../errors.ts";
import { own } from "../own.ts";

/** How the numbers of a time variable count (CF conventions, section 4.4). */
export interface TimeEncoding {
  /** Milliseconds in one unit. */
  readonly unit: number;
  /** The reference date, in milliseconds of the calendar. */
  readonly reference: number;
  readonly calendar: CalendarName;
}

const UNITS: Readonly<Record<string, number>> = {
  nanosecond: 1e-6,
  ns: 1e-6,
  microsecond: 1e-3,
  microsec: 1e-3,
  us: 1e-3,
  millisecond: 1,
  millisec: 1,
  msec: 1,
  ms: 1,
  second: 1000,
  sec: 1000,
  s: 1000,
  minute: 60_000,
  min: 60_000,
  hour: 3_600_000,
  hr: 3_600_000,
  h: 3_600_000,
  day: DAY_MS,
  d: DAY_MS,
};

const SINCE = /^\s*([A-Za-z]+)\s+since\s+(.+?)\s*$/;

/** Whether units are those of a time coordinate: `days since 1970-01-01`. */
export function isTimeUnits(units: unknown): units is string {
  return typeof units === "string" && SINCE.test(units);
}

/** Reads the units and the calendar of the variable `name`; what cannot be read is an error that names it. */
export function timeEncoding(name: string, units: string, calendarName: unknown = "standard"): TimeEncoding {
  const calendar = typeof calendarName === "string" ? calendarNamed(calendarName) : undefined;
  if (!calendar)
    throw new DatasetError(
      `Array "${name}": calendar ${shown(calendarName)} is not one of ${CALENDARS.join(", ")}`,
    );
  const [, word = "", date = ""] = SINCE.exec(units) ?? [];
  const singular = word.toLowerCase().replace(/(?<=..)s$/, "");
  const unit = own(UNITS, word.toLowerCase()) ?? own(UNITS, singular);
  if (unit === undefined)
    throw new DatasetError(
      `Array "${name}": ${JSON.stringify(word)} in the units ${JSON.stringify(units)} has no fixed length; allowed are ${Object.keys(UNITS).join(", ")}`,
    );
  return { unit, reference: referenceOf(name, units, date, calendar), calendar };
}

/** Dates as files write them: `1-1-1`, `1900-01-01 00:00:0.0`, `1970-01-01T00:00:00Z`, `1850-1-1 0:0:0 -6:00`. */
function referenceOf(name: string, units: string, date: string, calendar: CalendarName): number {
  const match =
    /^([+-]?\d{1,6})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?)?)?\s*(Z|UTC|GMT|[+-]?\d{1,2}:?\d{2}|[+-]\d{1,2})?$/.exec(
      date,
    );
  try {
    if (!match) throw new TypeError(`${date} is not a date`);
    const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((at) =>
      Number(match[at] ?? 0),
    ) as [number, number, number, number, number, number];
    const four = `${year < 0 ? "-" : ""}${String(Math.abs(year)).padStart(4, "0")}`;
    parseInstant(`${four}-${match[2]}-${match[3]}`, calendar);
    return (
      dayOf(calendar, [year, month, day]) * DAY_MS +
      ((hour * 60 + minute) * 60 + second) * 1000 -
      zone(match[7])
    );
  } catch (error) {
    throw new DatasetError(
      `Array "${name}": the reference date in ${JSON.stringify(units)} is not one of the calendar ${calendar}`,
      { cause: error },
    );
  }
}

function zone(text: string | undefined): number {
  if (!text || /^[A-Z]/.test(text)) return 0;
  const [, sign, hours, minutes] = /^([+-]?)(\d{1,2}):?(\d{2})?$/.exec(text) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0)) * 60_000;
}

/** Turns numbers into milliseconds of the calendar, to the millisecond. */
export function decodeTimes(
  values: ArrayLike<number>,
  { unit, reference }: TimeEncoding,
): Float64Array<ArrayBuffer> {
  return Float64Array.from(
    { length: values.length },
    (_, at) => Math.round((values[at] as number) * unit) + reference,
  );
}

/**
 * The calendar to keep for moments: from the reform of 1582 on, `standard` is the proleptic Gregorian calendar, which
 * dates and ISO strings are of.
 */
export function keptCalendar(calendar: CalendarName, values: ArrayLike<number>): CalendarName {
  if (calendar !== "standard") return calendar;
  const reform = dayOf("proleptic_gregorian", [1582, 10, 15]) * DAY_MS;
  return Array.prototype.every.call(values, (ms: number) => !(ms < reform))
    ? "proleptic_gregorian"
    : "standard";
}
