import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, it, onTestFinished } from "vitest";
import * as zarr from "zarrita";
import cacheItemStats from "../../src/functions/builtin/cache-item-stats.ts";
import type { CachedItem, CachedItems } from "../../src/functions/cached-items.ts";

/** The mapping that functions see, over a few values. */
async function items(values: Record<string, string | Uint8Array>): Promise<CachedItems> {
  const directory = await mkdtemp(join(tmpdir(), "item-stats-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const map = new Map(
    Object.entries(values).map(([path, value]) => [
      path,
      typeof value === "string" ? Buffer.from(value) : value,
    ]),
  );
  const info = (path: string): CachedItem | undefined => {
    const bytes = map.get(path)?.byteLength;
    return bytes === undefined ? undefined : { path, bytes, age: 0, expiresIn: undefined };
  };
  return {
    get: async (path) => map.get(path) && new Uint8Array(map.get(path) as Uint8Array),
    getRange: async (path, range) =>
      "offset" in range
        ? map.get(path)?.slice(range.offset, range.offset + range.length)
        : map.get(path)?.slice(-range.suffixLength),
    async file(path) {
      const bytes = map.get(path);
      if (bytes === undefined) return undefined;
      const file = join(directory, "item");
      await writeFile(file, bytes);
      return file;
    },
    info: async (path) => info(path),
    has: async (path) => map.has(path),
    async *items(prefix = "") {
      for (const path of map.keys()) if (path.startsWith(prefix)) yield info(path) as CachedItem;
    },
    async *keys(prefix = "") {
      for (const path of map.keys()) if (path.startsWith(prefix)) yield path;
    },
  };
}

it("tells of Parquet with snappy: columns, types, missing values, rows at both ends", async () => {
  const rows = 781;
  const file = parquetWriteBuffer({
    codec: "SNAPPY",
    rowGroupSize: 300,
    columnData: [
      { name: "cusip", data: Array.from({ length: rows }, (_, at) => `C${at}`), type: "STRING" },
      {
        name: "price",
        data: Array.from({ length: rows }, (_, at) => (at < 4 ? null : at / 4)),
        type: "DOUBLE",
      },
      { name: "security_type", data: Array.from({ length: rows }, () => null), type: "DOUBLE" },
      { name: "trades", data: Array.from({ length: rows }, (_, at) => BigInt(at)), type: "INT64" },
    ],
  });
  const cache = await items({ "file1.snappy.parquet": new Uint8Array(file) });
  const stats = await cacheItemStats(cache, { key: "file1.snappy.parquet" });
  const texts = Array.from({ length: rows }, (_, at) => `C${at}`.length + 4).reduce(
    (sum, each) => sum + each,
  );
  expect(stats).toMatchObject({
    key: "file1.snappy.parquet",
    format: "parquet",
    bytes: file.byteLength,
    rows,
    rowGroups: 3,
    codecs: ["SNAPPY"],
    memory: texts + 8 * (rows - 4) + 8 * rows,
    columns: [
      { name: "cusip", type: "string", nulls: 0 },
      { name: "price", type: "float64", nulls: 4 },
      { name: "security_type", type: "float64", nulls: 781 },
      { name: "trades", type: "int64", nulls: 0 },
    ],
  });
  expect(stats.preview).toMatchObject({
    first: [{ cusip: "C0", price: null, trades: 0n }, {}, {}, {}, { cusip: "C4", price: 1 }],
    last: [{ cusip: "C776" }, {}, {}, {}, { cusip: "C780", price: 195 }],
  });
});

it("tells of a table in JSON", async () => {
  const text = JSON.stringify([
    { name: "Zürich", height: 408, at: "2020-01-01" },
    { name: "Bern", height: 540.5, at: "2020-01-02", capital: true },
    { name: null, height: 1 },
  ]);
  expect(await cacheItemStats(await items({ "a.json": text }), { key: "/a.json" })).toMatchObject({
    format: "json",
    type: "table",
    rows: 3,
    columns: [
      { name: "name", type: "string", nulls: 1 },
      { name: "height", type: "number", nulls: 0 },
      { name: "at", type: "date", nulls: 1 },
      { name: "capital", type: "boolean", nulls: 2 },
    ],
    memory: 7 + 4 + 8 + 3 * 8 + 2 * 14 + 1,
  });
});

it.each([
  ["an object", '{"foo":"bar","n":1}', { type: "object", columns: [{ name: "foo" }, { name: "n" }] }],
  ["a list", "[1,2,3]", { type: "list", rows: 3, preview: [1, 2, 3] }],
  ["a number", "3", { type: "number", memory: 8, preview: 3 }],
  ["nothing", "null", { type: "null", memory: 0, preview: null }],
])("tells of JSON that is %s", async (_, text, expected) => {
  expect(await cacheItemStats(await items({ "a.json": text }), { key: "a.json" })).toMatchObject(expected);
});

it("tells of lines of JSON", async () => {
  const cache = await items({ "a.ndjson": '{"n":1}\n{"n":null}\n\n' });
  expect(await cacheItemStats(cache, { key: "a.ndjson" })).toMatchObject({
    format: "ndjson",
    rows: 2,
    columns: [{ name: "n", type: "integer", nulls: 1 }],
  });
});

it("tells of CSV: delimiter, types, missing values, quotes and line breaks inside of fields", async () => {
  const text = 'id;name;value;ok\r\n1;"a;b";1.5;true\r\n2;"c\nd";NaN;false\r\n3;;2;\r\n';
  expect(await cacheItemStats(await items({ "a.csv": text }), { key: "a.csv" })).toMatchObject({
    format: "csv",
    delimiter: ";",
    rows: 3,
    columns: [
      { name: "id", type: "integer", nulls: 0 },
      { name: "name", type: "string", nulls: 1 },
      { name: "value", type: "number", nulls: 1 },
      { name: "ok", type: "boolean", nulls: 1 },
    ],
    preview: { first: [{ id: 1, name: "a;b", value: 1.5, ok: true }, { name: "c\nd" }, { value: 2 }] },
  });
});

it("tells of other items how they begin, and knows formats without a name", async () => {
  expect(await cacheItemStats(await items({ x: "\u0001\u0002" }), { key: "x" })).toMatchObject({
    format: "bytes",
    bytes: 2,
    preview: "0102",
  });
  expect(await cacheItemStats(await items({ x: ' {"a":1}' }), { key: "x" })).toMatchObject({
    format: "json",
  });
});

it.each([
  ["no key", {}, 400],
  ["a key that is no text", { key: 3 }, 400],
  ["an item that is not cached", { key: "b.json" }, 404],
  ["broken JSON", { key: "broken.json" }, 422],
  ["broken Parquet", { key: "broken.parquet" }, 422],
  ["broken CSV", { key: "broken.csv" }, 422],
  ["broken Zarr", { key: "broken.zarr" }, 422],
])("refuses %s", async (_, args, status) => {
  const cache = await items({
    "broken.json": "{",
    "broken.parquet": "PAR1 no more",
    "broken.csv": 'a,b\n"x',
    "broken.zarr/zarr.json": "{",
  });
  await expect(cacheItemStats(cache, args)).rejects.toMatchObject({ status });
});

/** A store to write to, whose keys are paths of items. */
function writable(values: Record<string, Uint8Array>) {
  return {
    get: async (key: string) => values[key.slice(1)],
    getRange: async (key: string, range: zarr.RangeQuery) =>
      "offset" in range
        ? values[key.slice(1)]?.slice(range.offset, range.offset + range.length)
        : values[key.slice(1)]?.slice(-range.suffixLength),
    async set(key: string, value: Uint8Array) {
      values[key.slice(1)] = value;
    },
  };
}

async function writeArray(values: Record<string, Uint8Array>): Promise<void> {
  const array = await zarr.create(zarr.root(writable(values)).resolve("/era5.zarr/t2m"), {
    shape: [4, 6],
    chunkShape: [2, 3],
    dtype: "float32",
    fillValue: Number.NaN,
    attributes: { units: "K" },
  });
  const data = Float32Array.from({ length: 24 }, (_, at) => (at === 1 ? Number.NaN : at));
  await zarr.set(array, null, { data, shape: [4, 6], stride: [6, 1] });
}

it("tells of a Zarr array by its cached chunks", async () => {
  const values: Record<string, Uint8Array> = {};
  await writeArray(values);
  delete values["era5.zarr/t2m/c/1/1"];
  expect(await cacheItemStats(await items(values), { key: "era5.zarr/t2m" })).toMatchObject({
    format: "zarr-array",
    type: "float32",
    shape: [4, 6],
    chunks: [2, 3],
    memory: 96,
    cachedChunks: 3,
    allChunks: 4,
    counted: { chunks: 3, values: 18, nulls: 1 },
    attributes: { units: "K" },
    preview: { values: [0, Number.NaN, 2, 6, 7, 8] },
  });
});

it("tells of a Zarr group which arrays are cached", async () => {
  const values: Record<string, Uint8Array> = {};
  const group = zarr.root(writable(values)).resolve("/era5.zarr");
  await zarr.create(group, { attributes: { title: "ERA5" } });
  await writeArray(values);
  expect(await cacheItemStats(await items(values), { key: "era5.zarr" })).toMatchObject({
    format: "zarr-group",
    members: ["t2m"],
    items: 6,
    preview: { title: "ERA5" },
  });
});

it.each([
  ["coads_blosc.zarr/SST", { type: "float32", shape: [12, 90, 180], cachedChunks: 12, allChunks: 12 }],
  [
    "navy_winds_sharded_v3.zarr/UWND",
    { type: "float32", shape: [88, 73, 144], cachedChunks: 2, allChunks: 2 },
  ],
])("counts what is missing in a real array, and nothing behind its edges: %s", async (key, expected) => {
  const root = new URL(`../../../../test/fixtures/${key}/`, import.meta.url);
  const values: Record<string, Uint8Array> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    values[`${key}/${file.slice(root.pathname.length)}`] = await readFile(file);
  }
  const array = await zarr.open(zarr.root(writable(values)).resolve(`/${key}`), { kind: "array" });
  const data = (await zarr.get(array)).data as Float32Array;
  const nulls = data.filter((value) => value === array.fillValue).length;
  expect(nulls > 0, "the winds are whole, the sea is not everywhere").toBe(key.startsWith("coads"));
  expect(await cacheItemStats(await items(values), { key })).toMatchObject({
    ...expected,
    memory: 4 * data.length,
    counted: { values: data.length, nulls },
    preview: { values: [...data.slice(0, 20)] },
  });
});
