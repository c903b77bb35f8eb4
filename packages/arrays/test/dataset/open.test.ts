import { describe, expect, it } from "vitest";
import { Coordinates, Dataset, UnitsDataArray, writeZarr } from "../../src/index.ts";

type Documents = Record<string, object>;

/** A group of version 2 of arrays of int16 0, 1, 2 … in one chunk. */
function store(
  arrays: Record<
    string,
    { shape: number[]; attrs?: object; dtype?: string; fill?: unknown; data?: ArrayBufferView }
  >,
  extra: Documents = {},
) {
  const map = new Map<string, Uint8Array>();
  const put = (key: string, document: object) =>
    map.set(key, new TextEncoder().encode(JSON.stringify(document)));
  put("/.zgroup", { zarr_format: 2 });
  for (const [name, { shape, attrs = {}, dtype = "<i2", fill = null, data }] of Object.entries(arrays)) {
    const size = shape.reduce((product, length) => product * length, 1);
    put(`/${name}/.zarray`, {
      zarr_format: 2,
      shape,
      chunks: shape,
      dtype,
      compressor: null,
      fill_value: fill,
      order: "C",
      filters: null,
    });
    put(`/${name}/.zattrs`, attrs);
    const values = data ?? Int16Array.from({ length: size }, (_, at) => at);
    map.set(`/${name}/${shape.map(() => 0).join(".")}`, new Uint8Array(values.buffer as ArrayBuffer));
  }
  for (const [key, document] of Object.entries(extra)) put(key, document);
  return map;
}

const list = async (of: Map<string, Uint8Array>, name: string) =>
  Array.from((await (await Dataset.open(of)).get(name).load()).toTypedArray());
const dims = (...names: string[]) => ({ _ARRAY_DIMENSIONS: names });

describe("opening", () => {
  it("lists a store that is not consolidated, and names dimensions without labels", async () => {
    const dataset = await Dataset.open(store({ a: { shape: [2, 3] }, b: { shape: [3], attrs: dims("x") } }));
    expect(dataset.get("a").dims).toEqual(["dim_0", "dim_1"]);
    expect(Array.from(dataset.get("a").coordinates.get("dim_1"))).toEqual([0, 1, 2]);
    expect(dataset.dims).toEqual({ dim_0: 2, dim_1: 3, x: 3 });
  });

  it("takes names where a store cannot list", async () => {
    const map = store({ a: { shape: [2] } });
    const blind = { get: (key: string) => map.get(key) };
    await expect(Dataset.open(blind)).rejects.toThrow(/cannot list; name its arrays/);
    expect((await Dataset.open(blind, "/", { variables: ["a"] })).get("a").shape).toEqual([2]);
    await expect(Dataset.open(blind, "/", { variables: ["a", "z"] })).rejects.toThrow(/no array z/);
  });

  it("lists a group of version 3 that is not consolidated, without the groups in it", async () => {
    const map = new Map<string, Uint8Array>();
    const array = new UnitsDataArray([1, 2], Coordinates.grid({ lat: [5, 6] }), { name: "a" });
    await writeZarr(map, "/g", array);
    await writeZarr(map, "/g/below", array);
    const group = { zarr_format: 3, node_type: "group", attributes: { title: "plain" } };
    map.set("/g/zarr.json", new TextEncoder().encode(JSON.stringify(group)));
    const dataset = await Dataset.open(map, "/g");
    expect([[...dataset.variables.keys()], [...dataset.coords.keys()], dataset.attrs]).toEqual([
      ["a"],
      ["lat"],
      { title: "plain" },
    ]);
    expect((await dataset.get("a").sel({ lat: 6 }).load()).item()).toBe(2);
  });

  it("opens the arrays of a large group a few at a time", async () => {
    const map = store(Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`a${at}`, { shape: [1] }])));
    let [underWay, most] = [0, 0];
    const slow = {
      keys: () => map.keys(),
      async get(key: string) {
        most = Math.max(most, ++underWay);
        await new Promise(setImmediate);
        underWay -= 1;
        return map.get(key);
      },
    };
    expect((await Dataset.open(slow)).variables.size).toBe(60);
    // Sixteen arrays, each with its metadata and its attributes.
    expect(most).toBeLessThanOrEqual(32);
    expect(most).toBeGreaterThanOrEqual(16);
  });

  it("opens groups below the root", async () => {
    const map = new Map<string, Uint8Array>();
    const array = new UnitsDataArray([1, 2], Coordinates.grid({ lat: [5, 6] }), { name: "a" });
    await writeZarr(map, "/deep/er", array, { format: 2 });
    const found = (await Dataset.open(map, "deep/er")).get("a");
    expect([found.path, Array.from((await found.load()).toTypedArray())]).toEqual(["/deep/er/a", [1, 2]]);
  });

  it("finds labels by the attribute coordinates, and usual names by CF attributes", async () => {
    const latitude = {
      shape: [2],
      attrs: { ...dims("y"), standard_name: "latitude" },
      dtype: "<f8",
      data: Float64Array.of(50, 51),
    };
    const map = store({ a: { shape: [2], attrs: { ...dims("y"), coordinates: "where" } }, where: latitude });
    expect(Array.from((await Dataset.open(map)).get("a").coordinates.get("y"))).toEqual([50, 51]);
    const named = store({
      a: { shape: [2], attrs: dims("latitude") },
      latitude: { ...latitude, attrs: { ...dims("latitude"), units: "degrees_north" } },
    });
    expect((await Dataset.open(named, "/", { names: "cf" })).get("a").dims).toEqual(["lat"]);
  });

  it.each([
    [
      store({ a: { shape: [2], attrs: dims("x", "y") } }),
      /Array "a": _ARRAY_DIMENSIONS has 2 names \(x, y\) for 1 dimension$/,
    ],
    [store({ a: { shape: [2], attrs: { _ARRAY_DIMENSIONS: 7 } } }), /Array "a": _ARRAY_DIMENSIONS is 7/],
    [
      store({ time: { shape: [2], attrs: { ...dims("time"), units: "days since yesterday" } } }),
      /Array "time": the reference date in "days since yesterday"/,
    ],
    [
      store({ time: { shape: [2], attrs: { ...dims("time"), units: "months since 2000-01-01" } } }),
      /"time": "months".*no fixed length/,
    ],
    [
      store({ time: { shape: [2], attrs: { ...dims("time"), units: "constructor since 2000-01-01" } } }),
      /"time": "constructor".*no fixed length/,
    ],
    [
      store({
        time: { shape: [2], attrs: { ...dims("time"), units: "days since 2000-01-01", calendar: "mayan" } },
      }),
      /calendar "mayan" is not one of proleptic_gregorian/,
    ],
    [new Map<string, Uint8Array>(), /no Zarr group at \/: neither zarr.json/],
    [new Map([["/zarr.json", new TextEncoder().encode("{")]]), /\/zarr.json is not JSON/],
    [new Map([["/.zarray", new TextEncoder().encode("{}")]]), /is an array, not a group/],
    [new Map([["/.zmetadata", new TextEncoder().encode("{}")]]), /no object "metadata"/],
  ])("says what is wrong (%#)", async (map, message) => {
    await expect(Dataset.open(map)).rejects.toThrow(message);
  });

  it("says what is wrong with packing when values are read, and opens the rest", async () => {
    const dataset = await Dataset.open(
      store({
        a: { shape: [2], attrs: { scale_factor: "much" } },
        b: { shape: [2], dtype: "<U2", data: new Uint32Array(4) },
      }),
    );
    await expect(dataset.get("a").load()).rejects.toThrow(
      /Array "a": attribute "scale_factor" is "much", not a number/,
    );
    await expect(dataset.get("b").load()).rejects.toThrow(/Array "b" has values of type/);
    expect(String(dataset)).toContain("    a  (dim_0) 1 chunk");
  });

  it.each([
    [{ _FillValue: "none" }, /Array "a": fill value "none" is not a number/],
    [{ missing_value: [1, {}] }, /Array "a": fill value {} is not a number/],
    [{ add_offset: [1, 2] }, /Array "a": attribute "add_offset" is \[1,2\], not a number/],
    [{ scale_factor: null }, /Array "a": attribute "scale_factor" is null, not a number/],
  ])("says what is wrong with the attributes %j", async (attrs, message) => {
    await expect((await Dataset.open(store({ a: { shape: [2], attrs } }))).get("a").load()).rejects.toThrow(
      message,
    );
  });

  it("takes attributes that are none of what CF says for what they are", async () => {
    const attrs = { ...dims("x"), units: 7, coordinates: 3, grid_mapping: "nowhere", calendar: [] };
    const a = (await Dataset.open(store({ a: { shape: [2], attrs } }))).get("a");
    expect([a.units, a.dims, a.attrs["coordinates"]]).toEqual([undefined, ["x"], 3]);
  });
});

describe("CF decoding", () => {
  it("masks, scales and shifts", async () => {
    const map = store({
      packed: { shape: [3], attrs: { scale_factor: 0.5, add_offset: 10 }, fill: 1 },
      wide: { shape: [2], attrs: { scale_factor: 0.1 }, fill: -1, dtype: "<i4", data: Int32Array.of(-1, 3) },
      missing: { shape: [3], attrs: { missing_value: 2 } },
      plain: { shape: [3] },
      unsigned: { shape: [2], attrs: { _Unsigned: "true" }, data: Int16Array.of(-1, 1) },
    });
    expect(await list(map, "packed")).toEqual([10, Number.NaN, 11]);
    expect(await list(map, "missing")).toEqual([0, 1, Number.NaN]);
    expect(await list(map, "unsigned")).toEqual([65535, 1]);
    expect(await list(map, "wide")).toEqual([Number.NaN, 3 * 0.1]);
    const types = [...(await Dataset.open(map)).variables.values()].map(
      ({ name, dtype }) => `${name} ${dtype}`,
    );
    expect(types).toEqual([
      "missing float32",
      "packed float32",
      "plain int16",
      "unsigned uint16",
      "wide float64",
    ]);
  });

  it.each([
    ["one fill value", { _FillValue: 5 }],
    ["several", { _FillValue: 5, missing_value: 6 }],
  ])("rounds float32 after each step, as numpy does, with %s", async (_, attrs) => {
    const packing = { scale_factor: 0.1, add_offset: 0.7, ...attrs };
    const map = store({
      packed: { shape: [5], attrs: packing, data: Int16Array.of(1, 5, -3, 12_345, 29) },
    });
    // numpy: values.astype("f4") * np.float32(0.1) + np.float32(0.7); rounded once, the third and the last are others.
    const numpy = [0.800000011920929, Number.NaN, 0.3999999761581421, 1235.199951171875, 3.6000001430511475];
    expect(await list(map, "packed")).toEqual(numpy);
  });

  it.each([
    ["days since 2000-02-28", "noleap", [0, 1, 2], ["2000-02-28", "2000-03-01", "2000-03-02"]],
    ["days since 2001-02-28", "all_leap", [0, 1, 2], ["2001-02-28", "2001-02-29", "2001-03-01"]],
    ["days since 2000-02-29", "360_day", [0, 1, 2], ["2000-02-29", "2000-02-30", "2000-03-01"]],
    ["days since 1582-10-04", "standard", [0, 1, 2], ["1582-10-04", "1582-10-15", "1582-10-16"]],
    ["days since 1900-02-28", "julian", [0, 1, 2], ["1900-02-28", "1900-02-29", "1900-03-01"]],
    [
      "hours since 1900-01-01 00:00:0.0",
      "gregorian",
      [0, 24, 48],
      ["1900-01-01", "1900-01-02", "1900-01-03"],
    ],
    [
      "seconds since 1970-01-01T00:00:00Z",
      undefined,
      [0, 86400, 172800],
      ["1970-01-01", "1970-01-02", "1970-01-03"],
    ],
  ])("reads %s of the calendar %s", async (units, calendar, values, expected) => {
    const time = {
      shape: [3],
      attrs: { ...dims("time"), units, calendar },
      dtype: "<i4",
      data: Int32Array.from(values),
    };
    const dataset = await Dataset.open(store({ time, a: { shape: [3], attrs: dims("time") } }));
    const lazy = dataset.get("a");
    for (const [at, date] of expected.entries())
      expect((await lazy.sel({ time: date }).load()).item()).toBe(at);
    const back = Coordinates.fromDefinition(JSON.stringify(lazy.coordinates));
    expect(back.equals(lazy.coordinates)).toBe(true);
  });
});
