import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import { Coordinates, Dataset, range, registerCrs, UnitsDataArray, writeZarr } from "../../src/index.ts";

const grid = Coordinates.grid({ time: range("2018-01-31", "2018-04-30", "1,M"), lat: [1, 2, 4] });
const values = () => Float64Array.from({ length: 12 }, (_, at) => (at === 5 ? Number.NaN : at / 3));

describe.each([2, 3] as const)("Zarr version %d", (format) => {
  it.each(["gzip", "none"] as const)("reads back what was written (%s)", async (compression) => {
    const map = new Map<string, Uint8Array>();
    const array = new UnitsDataArray(values(), grid, {
      name: "a",
      units: "m s-1",
      attrs: { long_name: "speed" },
    });
    await writeZarr(map, "/g", array, { format, compression, chunks: { time: 3, lat: 2 } });
    const back = await (await Dataset.open(map, "/g")).get("a").load();
    expect(back.toJSON()).toEqual({ ...array.toJSON(), coordinates: back.coordinates.definition });
    expect(back.coordinates.equals(grid)).toBe(true);
    const plain = await zarr.get(await zarr.open(zarr.root(map).resolve("g/a"), { kind: "array" }));
    expect(plain.data).toEqual(values());
  });

  it("keeps stacks, bands and kinds of numbers", async () => {
    const map = new Map<string, Uint8Array>();
    const points = Coordinates.points({ lat: [0, 1], lon: [5, 6] });
    const array = new UnitsDataArray(Int16Array.of(1, 2, 3, 4), points, {
      name: "a",
      bands: ["red", "blau"],
    });
    await writeZarr(map, "/", array, { format });
    const dataset = await Dataset.open(map);
    const back = await dataset.get("a").load();
    expect(back.toJSON()).toEqual({ ...array.toJSON(), coordinates: back.coordinates.definition });
    expect(back.coordinates.equals(points)).toBe(true);
    expect((await dataset.get("a").sel({ lon: 6, band: "blau" }).load()).item()).toBe(4);
    expect([back.dims, back.bands, back.dtype, Array.from(back.toTypedArray())]).toEqual([
      ["lat_lon", "band"],
      ["red", "blau"],
      "int16",
      [1, 2, 3, 4],
    ]);
    expect(Array.from((await dataset.get("lon").load()).toTypedArray())).toEqual([5, 6]);
  });

  it("keeps stacks of several dimensions, and of instants, beside others", async () => {
    const map = new Map<string, Uint8Array>();
    const coordinates = Coordinates.merge([
      Coordinates.grid({ time: ["2018-01-01", "2018-03-01"] }),
      Coordinates.affine([0, 1, 1, 0, 1, -1], [2, 2]),
    ]);
    const track = Coordinates.grid({ lat_time: { lat: [5, 6], time: ["2018-01-01", "2019-01-01"] } });
    await writeZarr(map, "/a", UnitsDataArray.create(coordinates, 1, { name: "a" }), { format });
    await writeZarr(map, "/b", UnitsDataArray.create(track, 1, { name: "b" }), { format });
    const a = await (await Dataset.open(map, "/a"))
      .get("a")
      .isel({ time: [1] })
      .load();
    const whole = (await Dataset.open(map, "/a")).get("a");
    expect([a.dims, whole.coordinates.equals(coordinates)]).toEqual([
      ["time", "lat_lon-1", "lat_lon-2"],
      true,
    ]);
    const b = (await Dataset.open(map, "/b")).get("b");
    expect(b.coordinates.equals(track)).toBe(true);
    expect(b.sel({ time: "2019" }).coordinates.get("lat")).toEqual(Float64Array.of(6));
  });

  it("keeps a missing instant, and the system that labels are in", async () => {
    const map = new Map<string, Uint8Array>();
    const crs = "+proj=longlat +ellps=bessel";
    const late = Coordinates.grid({ time: ["2018-01-01", "NaT"], lat: [1, 2] }, { crs });
    await writeZarr(map, "/", UnitsDataArray.create(late, 1, { name: "a" }), { format });
    const dataset = await Dataset.open(map);
    expect(dataset.get("a").coordinates.equals(late)).toBe(true);
    expect(dataset.get("lat").attrs["standard_name"]).toBe("latitude");
    registerCrs("EPSG:4087", "+proj=eqc +datum=WGS84 +units=m");
    const metres = Coordinates.grid({ lat: [1, 2] }, { crs: "EPSG:4087" });
    await writeZarr(map, "/m", UnitsDataArray.create(metres, 1, { name: "a" }), { format });
    const { attrs, units } = (await Dataset.open(map, "/m")).get("lat");
    expect([attrs["standard_name"], units]).toEqual(["projection_y_coordinate", undefined]);
  });

  it("says how to register a system that labels are in, rather than take them for degrees", async () => {
    const map = new Map<string, Uint8Array>();
    await writeZarr(map, "/", UnitsDataArray.create(grid, 1, { name: "a" }), { format });
    for (const [key, bytes] of map)
      if (/json|\.z/.test(key)) {
        const text = new TextDecoder().decode(bytes).replaceAll("EPSG:4326", "EPSG:9999");
        map.set(key, new TextEncoder().encode(text));
      }
    await expect(Dataset.open(map)).rejects.toThrow(/"EPSG:9999" has no definition.*registerCrs/);
  });

  it("keeps a single number, and an array of none", async () => {
    const map = new Map<string, Uint8Array>();
    const one = new UnitsDataArray([7], Coordinates.grid({}), { name: "one" });
    const none = UnitsDataArray.create(grid.select({ lat: [8, 9] }), 1, { name: "none" });
    await writeZarr(map, "/", one, { format });
    await writeZarr(map, "/none", none, { format });
    const [number, empty] = [
      (await Dataset.open(map)).get("one"),
      (await Dataset.open(map, "/none")).get("none"),
    ];
    expect([number.chunkCount, (await number.load()).item()]).toEqual([1, 7]);
    expect([empty.shape, empty.chunkCount, (await empty.load()).size]).toEqual([[4, 0], 0, 0]);
    expect((await empty.mean("lat")).toTypedArray()).toEqual(new Float64Array(4).fill(Number.NaN));
  });

  it("keeps the units of each band", async () => {
    const map = new Map<string, Uint8Array>();
    const units = { red: "m", blue: "ft" };
    await writeZarr(map, "/", UnitsDataArray.create(grid, 1, { name: "a", bands: ["red", "blue"], units }), {
      format,
    });
    const lazy = (await Dataset.open(map)).get("a");
    expect([lazy.units, lazy.sel({ band: "blue" }).units, lazy.attrs]).toEqual([units, "ft", {}]);
    expect(String(await Dataset.open(map))).toContain("float64, red: m, blue: ft, 1 chunk");
    expect(() => lazy.sel({ band: ["red", "red"] })).toThrow(/Band "red" comes twice/);
    expect((await lazy.load()).units).toEqual(units);
    expect((await lazy.var("lat")).units).toEqual({ red: "m2", blue: "ft2" });
    for (const key of map.keys())
      if (key.startsWith("/a/") && !/json|\.z/.test(key)) map.set(key, Uint8Array.of());
    await expect(lazy.mean("band")).rejects.toThrow(/bands of different units/);
  });

  it("keeps any array", async () => {
    const axis = fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(axis, axis, fc.integer({ min: 1, max: 5 }), async (lat, lon, chunk) => {
        const coordinates = Coordinates.grid({ lat, lon });
        const array = new UnitsDataArray(
          Float64Array.from({ length: coordinates.size }, (_, at) => at),
          coordinates,
          { name: "a" },
        );
        const map = new Map<string, Uint8Array>();
        await writeZarr(map, "/", array, { format, chunks: { lat: chunk, lon: 2 } });
        const back = await (await Dataset.open(map)).get("a").load();
        expect(back.toTypedArray()).toEqual(array.toTypedArray());
        expect(back.coordinates.equals(coordinates)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});

it("says what cannot be written", async () => {
  const map = new Map<string, Uint8Array>();
  const a = UnitsDataArray.create(grid, 0, { name: "a" });
  await expect(writeZarr(map, "/", a.with({ name: undefined }))).rejects.toThrow(/needs a name/);
  await expect(writeZarr(map, "/", [a, a])).rejects.toThrow(/two arrays are named "a"/);
  await expect(writeZarr(map, "/", [a, a.isel({ lat: [0] }).with({ name: "b" })])).rejects.toThrow(
    /label dimension "lat" differently/,
  );
  await expect(writeZarr(map, "/", a, { format: 4 as never })).rejects.toThrow(/"format" is 4/);
  for (const chunks of [{ x: 1 }, { lat: 0 }, { lat: 1.5 }, { time: -3 }])
    await expect(writeZarr(map, "/", a, { chunks })).rejects.toThrow(/"chunks" is {.*}; allowed: (a|whole)/);
  expect(map.size).toBe(0);
});
