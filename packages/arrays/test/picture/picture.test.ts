import { decode } from "fast-png";
import { describe, expect, it } from "vitest";
import { Coordinates, range, UnitsDataArray } from "../../src/index.ts";
import { COLOR_MAPS, plot, toPNG } from "../../src/picture/index.ts";

const grid = Coordinates.grid({ lat: [0, 1], lon: [10, 20, 30] });
const array = new UnitsDataArray([0, 1, 2, 3, Number.NaN, 5], grid, { units: "m", name: "depth" });
const pixels = (png: Uint8Array) => {
  const { width, data } = decode(png);
  return Array.from({ length: data.length / 4 }, (_, at) => [
    Math.floor(at / width),
    at % width,
    ...data.subarray(at * 4, at * 4 + 4),
  ]);
};

describe("PNG", () => {
  it("is north up, in the colours of the map, and clear where nothing is", () => {
    const drawn = pixels(toPNG(array, { colorMap: "greys" }));
    expect(drawn[2]).toEqual([0, 2, 255, 255, 255, 255]);
    expect(drawn[1]?.[5]).toBe(0);
    expect(drawn[3]).toEqual([1, 0, 0, 0, 0, 255]);
  });

  it.each(COLOR_MAPS)("knows %s", (colorMap) => {
    const colors = pixels(toPNG(array, { colorMap })).map((pixel) => pixel.slice(2).join());
    expect(new Set(colors).size).toBe(6);
  });

  it("takes bands as red, green and blue", () => {
    const rgb = new UnitsDataArray([0, 128, 255], Coordinates.grid({ lat: 0, lon: 0 }), {
      bands: ["r", "g", "b"],
    });
    expect(pixels(toPNG(rgb, { limits: [0, 255] }))).toEqual([[0, 0, 0, 128, 255, 255]]);
  });

  it("rejects what it does not know", () => {
    expect(() => toPNG(array, { colorMap: "jet" as never })).toThrow(/"colorMap" is "jet"; allowed: viridis/);
    expect(() => toPNG(array, { limits: [2, 1] })).toThrow(/limits/);
    expect(() => toPNG(UnitsDataArray.create(grid, 1, { bands: ["a", "b"] }))).toThrow(/Select one/);
  });
});

describe("plot", () => {
  it("draws a line over time", () => {
    const time = Coordinates.grid({ time: range("2018-01-01", "2018-12-01", "1,M") });
    const svg = plot(
      new UnitsDataArray(
        Float64Array.from({ length: 12 }, (_, at) => at),
        time,
        { name: "sst", units: "degC" },
      ),
    );
    expect(svg).toMatch(/^<svg [^>]*width="800" height="450"/);
    expect(svg).toContain("sst");
    expect(svg).toContain("degC");
  });

  it("writes the dates of the calendar that the labels are of", () => {
    const days = Coordinates.fromDefinition({
      crs: "EPSG:4326",
      coordinates: [{ name: "time", time: "noleap", start: "2100-03-01", step: "60,D", size: 5 }],
    });
    const svg = plot(UnitsDataArray.create(days, 1));
    const dates = Array.from(svg.matchAll(/>(\d{4}-\d\d-\d\d)</g), ([, date]) => date);
    // Taken for Gregorian, days that were counted without leap days would lie a month earlier.
    expect(dates.length).toBeGreaterThan(2);
    expect(["2100-03-01", ...dates, "2100-10-27"]).toEqual(["2100-03-01", ...dates, "2100-10-27"].toSorted());
  });

  it("draws a map with a colour bar, as a page where asked", () => {
    const html = plot(array, { format: "html", title: "Depth <m>" });
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain("<title>Depth &lt;m></title>");
    expect(html).toContain("data:image/png;base64,");
    expect(html).toContain("5 m");
  });

  it("draws every value at its label, however uneven labels are", () => {
    const levels = new UnitsDataArray(
      [1, 2, 3, 4, 5, 6],
      Coordinates.grid({ lat: [0, 10, 40], lon: [0, 1] }),
    );
    const [, encoded] = /base64,([^"]+)/.exec(plot(levels, { colorMap: "greys", height: 310 })) ?? [];
    const drawn = pixels(Uint8Array.from(atob(encoded ?? ""), (character) => character.charCodeAt(0)));
    const column = drawn.filter(([, x]) => x === 0).map(([, , red]) => red);
    const rows = [...new Set(column)].map((red) => column.filter((each) => each === red).length);
    // From 50 down to -10 by 200 pixels: the cells meet half-way between their labels.
    expect(rows).toEqual([83, 67, 50]);
  });

  it("draws a line over the names of bands", () => {
    const spectrum = new UnitsDataArray([3, 1], Coordinates.grid({}), { bands: ["near", "far"] });
    expect(plot(spectrum)).toMatch(/>near<[\s\S]*>far</);
  });

  it("says what it cannot draw", () => {
    expect(() => plot(UnitsDataArray.create(Coordinates.points({ lat: [0, 1], lon: [0, 1] })))).toThrow(
      /one dimension; "lat_lon" stacks lat, lon/,
    );
    expect(() => plot(array.isel({ lat: 0, lon: 0 }))).toThrow(/one or two dimensions; there are none/);
    expect(() => plot(array, { width: 3 })).toThrow(/"width" is 3/);
    expect(() => plot(array, { size: 3 } as never)).toThrow(/options.size/);
  });
});
