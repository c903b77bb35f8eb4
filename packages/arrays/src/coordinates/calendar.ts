import { own } from "../own.ts";

/**
 * The calendars of the CF conventions (section 4.4.1), as arithmetic on days. Day 0 is 1970-01-01 of the calendar itself,
 * except for `julian` and `standard`, whose days are those of the proleptic Gregorian calendar, so that one moment has
 * one number in all three.
 */
export type CalendarName = "proleptic_gregorian" | "standard" | "julian" | "noleap" | "all_leap" | "360_day";

const ALIASES: Readonly<Record<string, CalendarName>> = {
  gregorian: "standard",
  "365_day": "noleap",
  "366_day": "all_leap",
};

const NAMES: readonly string[] = [
  "proleptic_gregorian",
  "standard",
  "julian",
  "noleap",
  "all_leap",
  "360_day",
];

/** A calendar's own name for a name as CF writes it, any case; undefined for an unknown one. */
export function calendarNamed(name: string): CalendarName | undefined {
  const lower = name.toLowerCase();
  return own(ALIASES, lower) ?? (NAMES.includes(lower) ? (lower as CalendarName) : undefined);
}

/** Every name that {@link calendarNamed} knows. */
export const CALENDARS: readonly string[] = [...NAMES, ...Object.keys(ALIASES)];

/** A year, month (1–12) and day of the month (from 1). */
export type CalendarDate = readonly [year: number, month: number, day: number];

/** The first day of the Gregorian calendar, 1582-10-15, in days since 1970-01-01. */
const GREGORIAN_REFORM = -141427;

/** Days since day 0 of a date; the day of the month is not checked. */
export function dayOf(calendar: CalendarName, [year, month, day]: CalendarDate): number {
  switch (calendar) {
    case "proleptic_gregorian":
      return gregorianDay(year, month, day);
    case "julian":
      return julianDay(year, month, day);
    case "standard": {
      const gregorian = gregorianDay(year, month, day);
      return gregorian >= GREGORIAN_REFORM ? gregorian : julianDay(year, month, day);
    }
    case "360_day":
      return (year - 1970) * 360 + (month - 1) * 30 + day - 1;
    default: {
      const leap = calendar === "all_leap";
      return (year - 1970) * (leap ? 366 : 365) + daysBefore(month, leap) + day - 1;
    }
  }
}

/** The date of a day counted from day 0. */
export function dateOf(calendar: CalendarName, day: number): CalendarDate {
  switch (calendar) {
    case "proleptic_gregorian":
      return gregorianDate(day);
    case "julian":
      return julianDate(day);
    case "standard":
      return day >= GREGORIAN_REFORM ? gregorianDate(day) : julianDate(day);
    case "360_day": {
      const year = Math.floor(day / 360);
      const rest = day - year * 360;
      return [year + 1970, Math.floor(rest / 30) + 1, (rest % 30) + 1];
    }
    default: {
      const leap = calendar === "all_leap";
      const length = leap ? 366 : 365;
      const year = Math.floor(day / length);
      const rest = day - year * length;
      let month = 12;
      while (daysBefore(month, leap) > rest) month -= 1;
      return [year + 1970, month, rest - daysBefore(month, leap) + 1];
    }
  }
}

/** How many days a month has. */
export function daysInMonth(calendar: CalendarName, year: number, month: number): number {
  if (calendar === "360_day") return 30;
  if (month !== 2) return LENGTHS[month - 1] as number;
  if (calendar === "noleap") return 28;
  if (calendar === "all_leap") return 29;
  const julian = calendar === "julian" || (calendar === "standard" && year <= 1582);
  const leap = year % 4 === 0 && (julian || year % 100 !== 0 || year % 400 === 0);
  return leap ? 29 : 28;
}

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

function daysBefore(month: number, leap: boolean): number {
  return (BEFORE[month - 1] as number) + (leap && month > 2 ? 1 : 0);
}

// Years are counted from March, so that the leap day is the last; 719468 days lie between 0000-03-01 and 1970-01-01.

function gregorianDay(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const century = Math.floor(y / 100);
  return 365 * y + Math.floor(y / 4) - century + Math.floor(century / 4) + dayFromMarch(month, day) - 719468;
}

function gregorianDate(day: number): CalendarDate {
  const z = day + 719468;
  const era = Math.floor(z / 146097);
  const inEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36524) - Math.floor(inEra / 146096)) / 365,
  );
  const inYear = inEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  return fromMarch(yearOfEra + era * 400, inYear);
}

function julianDay(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  return 365 * y + Math.floor(y / 4) + dayFromMarch(month, day) - 719470;
}

function julianDate(day: number): CalendarDate {
  const z = day + 719470;
  const era = Math.floor(z / 1461);
  const inEra = z - era * 1461;
  const yearOfEra = Math.min(3, Math.floor(inEra / 365));
  return fromMarch(era * 4 + yearOfEra, inEra - 365 * yearOfEra);
}

function dayFromMarch(month: number, day: number): number {
  return Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
}

function fromMarch(year: number, inYear: number): CalendarDate {
  const m = Math.floor((5 * inYear + 2) / 153);
  const day = inYear - Math.floor((153 * m + 2) / 5) + 1;
  const month = m < 10 ? m + 3 : m - 9;
  return [month <= 2 ? year + 1 : year, month, day];
}
