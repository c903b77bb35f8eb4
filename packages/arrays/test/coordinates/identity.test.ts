import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Coordinates, canonicalJson, range } from "../../src/index.ts";

describe("identity", () => {
  it("is that of the labels, not of how they are written", () => {
    const list = Coordinates.grid({ lat: [0, 1, 2] });
    expect(list.equals(Coordinates.grid({ lat: range(0, 2, 1) }))).toBe(true);
    expect(list.hash).toBe(Coordinates.grid({ lat: [0, 1, 2] }, { crs: "epsg:4326" }).hash);
    expect(list.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(list.equals(Coordinates.grid({ lat: [0, 1, 2] }, { crs: "EPSG:3857" }))).toBe(false);
    expect(list.equals(Coordinates.grid({ lon: [0, 1, 2] }))).toBe(false);
  });

  it("does not depend on the order of dimensions", () => {
    const a = Coordinates.grid({ lat: [0, 1], lon: [2, 3] });
    expect(a.hash).toBe(a.transpose().hash);
    expect(a.hash).not.toBe(Coordinates.points({ lat: [0, 1], lon: [2, 3] }).hash);
  });

  it("tells numbers from instants", () => {
    expect(Coordinates.grid({ time: [0] }).hash).not.toBe(Coordinates.grid({ time: ["1970-01-01"] }).hash);
    expect(Coordinates.grid({ time: ["2018-01"] }).hash).toBe(
      Coordinates.grid({ time: ["2018-01-01T00:00"] }).hash,
    );
  });

  it("tells calendars apart, even of the same dates", () => {
    const of = (time: "noleap" | "360_day") =>
      Coordinates.fromDefinition({
        crs: "EPSG:4326",
        coordinates: [{ name: "time", time, values: ["1970-01-01", "1970-01-03"] }],
      });
    expect(of("noleap").get("time")).toEqual(of("360_day").get("time"));
    expect(of("noleap").hash).not.toBe(of("360_day").hash);
  });

  const number = fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 }));
  const axis = fc.oneof(
    fc.array(number, { minLength: 1, maxLength: 5 }),
    fc.record({
      start: fc.integer({ min: -3, max: 3 }),
      step: fc.constantFrom(-1, 0.1, 0.5, 1, 2),
      size: fc.integer({ min: 1, max: 4 }),
    }),
  );
  const instants = fc.array(fc.constantFrom("2018", "2018-02-01", "2018-03-01T00:00", "1969-12-31", "NaT"), {
    minLength: 1,
    maxLength: 3,
  });
  const crs = fc.constantFrom("EPSG:4326", "epsg:4326", "EPSG:3857");
  const grids = fc
    .tuple(fc.record({ lat: axis, lon: axis, time: instants }, { requiredKeys: ["lat"] }), crs)
    .map(([axes, system]) => Coordinates.grid(axes, { crs: system }));
  const few = fc.array(fc.constantFrom(0, 0.5, 1, Number.NaN), { minLength: 2, maxLength: 4 });
  const stacks = fc.tuple(few, few, fc.boolean(), fc.boolean()).map(([lat, lon, turned, rectangular]) => {
    const length = rectangular ? 2 : Math.min(lat.length, lon.length);
    const [a, b] = [lat.slice(0, length), lon.slice(0, length)];
    const columns = rectangular ? { lat: [a, b], lon: [b, a] } : { lat: a, lon: b };
    return Coordinates.points(turned ? { lon: columns.lon, lat: columns.lat } : columns);
  });
  const coordinates = fc.oneof(grids, stacks);
  /** Everything that tells coordinates apart, without hash or simplification. */
  const meaning = (of: Coordinates) =>
    [
      of.crs.toUpperCase(),
      ...of.parts
        .map(({ names, shape }) =>
          [
            ...names.toSorted().flatMap((name) => [name, of.axis(name).kind, ...of.get(name)]),
            ...shape,
          ].join(),
        )
        .toSorted(),
    ].join(";");

  it("is equal exactly where hashes are, and labels are", () => {
    fc.assert(
      fc.property(coordinates, coordinates, (a, b) => {
        expect(a.hash === b.hash).toBe(meaning(a) === meaning(b));
        expect(a.equals(b)).toBe(a.hash === b.hash);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(coordinates, (a) => a.simplify().equals(a) && a.transpose().equals(a)));
  });

  it("survives JSON", () => {
    fc.assert(
      fc.property(coordinates, (a) => {
        const back = Coordinates.fromDefinition(JSON.stringify(a));
        expect(back.equals(a)).toBe(true);
        expect(back.definition).toEqual(a.definition);
      }),
    );
  });

  it("survives JSON with steps of time, whatever their start", () => {
    const start = fc.date({ min: new Date("1900-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(start, fc.constantFrom("1,M", "-1,Y", "6,h", "1,ms"), (date, step) => {
        const a = Coordinates.grid({ time: { start: date, step, size: 4 } });
        const back = Coordinates.fromDefinition(JSON.stringify(a));
        expect(Array.from(back.get("time"))).toEqual(Array.from(a.get("time")));
        expect(back.hash).toBe(a.hash);
      }),
    );
  });
});

describe("canonical JSON", () => {
  // The example of RFC 8785, section 3.2.2 and 3.2.3, without its escapes.
  it("sorts members and writes numbers as RFC 8785 does", () => {
    expect(
      canonicalJson({ numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27], literals: [null, true, false] }),
    ).toBe('{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}');
  });

  it("writes what JSON has no form for", () => {
    expect(canonicalJson([Number.NaN, Number.NEGATIVE_INFINITY, new Date(0)])).toBe(
      '[{"$number":"NaN"},{"$number":"-Infinity"},{"$instant":"1970-01-01T00:00:00.000Z"}]',
    );
  });
});
