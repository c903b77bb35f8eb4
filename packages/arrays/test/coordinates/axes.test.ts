import { describe, expect, it } from "vitest";
import { Coordinates, range } from "../../src/index.ts";

const lat = (input: Parameters<typeof Coordinates.grid>[0][string]) =>
  Array.from(Coordinates.grid({ lat: input }).get("lat"));
const days = (input: Parameters<typeof Coordinates.grid>[0][string]) =>
  Coordinates.grid({ time: input }).definition.coordinates.flatMap((part) =>
    "values" in part ? Array.from<unknown>(part.values) : [],
  );

describe("uniform axes", () => {
  it("keeps the start and moves the stop to the last step", () => {
    expect(lat(range(0, 10, 3))).toEqual([0, 3, 6, 9]);
    expect(Coordinates.grid({ lat: range(0, 10, 3) }).bounds).toEqual({ lat: [0, 9] });
  });

  it("keeps the stop where it is the anchor", () => {
    expect(lat({ start: 0, stop: 10, step: 3, anchor: "stop" })).toEqual([1, 4, 7, 10]);
  });

  it("includes a stop that falls on a step", () => {
    expect(lat(range(0, 2.5, 0.5))).toHaveLength(6);
    expect(lat(range(0, 0.3, 0.1))).toHaveLength(4);
    expect(lat(range(10, 0, -5))).toEqual([10, 5, 0]);
  });

  it("takes a size", () => {
    expect(lat({ start: 0, stop: 10, size: 5 })).toEqual([0, 2.5, 5, 7.5, 10]);
    expect(lat({ start: 0, step: 2, size: 3 })).toEqual([0, 2, 4]);
  });

  it.each([
    [range(0, 10, 0), /"lat": step is zero/],
    [range(0, 10, -1), /leads away from stop/],
    [{ start: 0, stop: "2018-01-01", step: 1 }, /mixed/],
    [{ start: 0, stop: 1 }, /two of stop, step and size/],
    [{ start: 0, stop: 1, size: 0 }, /size 0/],
    [[0, "2018-01-01"], /numbers and instants are mixed/],
    [{ start: 0, stop: 1, step: 1, steps: 2 }, /axis.steps/],
    [{}, /neither a label/],
  ] as [unknown, RegExp][])("rejects %j", (input, message) => {
    expect(() => lat(input as never)).toThrow(message);
  });
});

describe("instants", () => {
  it("counts months from the start, on the last day where a month is too short", () => {
    const monthly = Coordinates.grid({ time: range("2018-01-31", "2018-04-30", "1,M") });
    expect(Array.from(monthly.get("time"), (ms) => new Date(ms).toISOString().slice(5, 10))).toEqual([
      "01-31",
      "02-28",
      "03-31",
      "04-30",
    ]);
  });

  it("counts years, hours and milliseconds", () => {
    expect(Coordinates.grid({ time: range("2016-02-29", "2018-03-01", "1,Y") }).shape).toEqual([3]);
    expect(Coordinates.grid({ time: range("2018-01-01", "2018-01-02", "6,h") }).shape).toEqual([5]);
    expect(Coordinates.grid({ time: range("2018-01-02", "2018-01-01", "-1,D") }).shape).toEqual([2]);
  });

  it("keeps the precision that was written", () => {
    expect(days(["2018-01", "2018-03"])).toEqual(["2018-01", "2018-03"]);
    expect(days(["2018-01-01T06:30"])).toEqual(["2018-01-01T06:30"]);
    expect(days(new Date("2018-01-01T06:30:00.005Z"))).toEqual(["2018-01-01T06:30:00.005"]);
    expect(days("2018-01-01T02:00+02:00")).toEqual(["2018-01-01T00:00"]);
  });

  it.each(["2018-02-30", "yesterday", "2018-13-01", "2018-01-01T25:00"])("rejects %s", (text) => {
    expect(() => Coordinates.grid({ time: text })).toThrow(/Dimension "time"/);
  });

  it.each(["1,X", "0,D", "1.5,M", "1"])("rejects the step %s", (step) => {
    expect(() => Coordinates.grid({ time: range("2018-01-01", "2018-02-01", step) })).toThrow(/[Ss]tep/);
  });
});
