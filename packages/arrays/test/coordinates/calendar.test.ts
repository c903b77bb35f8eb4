import { describe, expect, it } from "vitest";
import {
  CALENDARS,
  type CalendarName,
  calendarNamed,
  dateOf,
  dayOf,
} from "../../src/coordinates/calendar.ts";

describe.each(CALENDARS.map((name) => calendarNamed(name) as CalendarName))("%s", (calendar) => {
  it("turns days into dates and back, without a gap but the reform", () => {
    const days = Array.from({ length: 20_000 }, (_, at) => at * 39 - 720_000);
    expect(days.filter((day) => dayOf(calendar, dateOf(calendar, day)) !== day)).toEqual([]);
  });
});

it("agrees with Date in the Gregorian calendar", () => {
  const days = Array.from({ length: 8000 }, (_, at) => at * 97 - 700_000);
  const differs = days.filter((day) => {
    const date = new Date(day * 86_400_000);
    const expected = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    return dateOf("proleptic_gregorian", day).join() !== expected.join();
  });
  expect(differs).toEqual([]);
});

it("puts the reform between 4 and 15 October 1582", () => {
  expect(dateOf("standard", dayOf("standard", [1582, 10, 15]) - 1)).toEqual([1582, 10, 4]);
  expect(dateOf("julian", 0)).toEqual([1969, 12, 19]);
});
