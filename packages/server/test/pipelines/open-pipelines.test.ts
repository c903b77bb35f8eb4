import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Coordinates, Dataset, UnitsDataArray, writeZarr } from "@zarr-cache/arrays";
import { Arithmetic, Interpolate, resource, ZarrSource } from "@zarr-cache/nodes";
import { expect, it, onTestFinished } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { ChunkCache, zarrDirectory } from "zarr-cache/node";
import { type ConfigInput, configSchema } from "../../src/config/config-schema.ts";
import { loadNodes } from "../../src/pipelines/load-nodes.ts";
import { type OpenStore, openStores } from "../../src/serving/open-stores.ts";

const lat = { lat: { start: 0, step: 1, size: 4 } };

/** Twice what a store of this configuration has under `name`. */
const twice = (store: string, name = "x") =>
  new Arithmetic({
    eqn: "2 * A * k",
    constants: { k: 1 },
    operands: {
      A: new Interpolate({
        source: new ZarrSource({ store: resource(store, new Map()), variable: name }),
        interpolation: "linear",
      }),
    },
  }).definition();

async function directoryWith(files: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), typeof content === "string" ? content : JSON.stringify(content));
  const { set } = zarrDirectory(join(directory, "data.zarr"));
  const x = new UnitsDataArray([0, 1, 2, 3], Coordinates.grid(lat), { units: "m", name: "x" });
  await writeZarr({ set: async (key, value) => void (await set(key, value)) }, "/", x);
  return directory;
}

async function opened(directory: string, stores: ConfigInput["stores"], more: ConfigInput = {}) {
  const config = configSchema.parse({ stores, ...more });
  const index = new MemoryStoreIndex({ maxBytes: "8 MB" });
  const cache = new ChunkCache(new IndexedCacheStorage(index, new MemoryStoreOpener()));
  onTestFinished(() => cache.close());
  return (await openStores(cache, config, directory)).stores;
}

const pipeline = (more: object = {}) => ({ pipeline: "twice.json", coordinates: lat, ...more });

it("reads other stores by their ids, pipelines too, in whatever order they are written", async () => {
  const directory = await directoryWith({
    "twice.json": twice("data"),
    "again.json": twice("twice", "data"),
  });
  const stores = await opened(directory, {
    again: { pipeline: "again.json", coordinates: { lat: [0.5, 2] }, params: { Arithmetic: { k: 10 } } },
    twice: pipeline(),
    data: "./data.zarr",
  });
  expect([...stores.keys()]).toEqual(["again", "twice", "data"]);
  const dataset = await Dataset.open((stores.get("again") as OpenStore).served.store);
  const out = await dataset.get("data").load();
  expect([Array.from(out.toTypedArray()), out.units]).toEqual([[20, 80], "m"]);
});

it("names what it keeps after the definition, the grid and the parameters", async () => {
  const directory = await directoryWith({ "twice.json": twice("data") });
  const name = async (more: object) => {
    const stores = await opened(directory, { data: "./data.zarr", a: pipeline(more) });
    return stores.get("a")?.served.store.storeId as string;
  };
  const [plain, same, ...others] = await Promise.all([
    name({}),
    name({ maxAge: "1m" }),
    name({ chunks: [2] }),
    name({ coordinates: { lat: [0, 1] } }),
    name({ params: { Arithmetic: { k: 2 } } }),
  ]);
  expect(plain).toMatch(/^a-[0-9a-f]{16}$/);
  expect(same).toBe(plain);
  expect(new Set([plain, ...others]).size).toBe(4);
});

it.each<[string, Record<string, unknown>, ConfigInput["stores"], RegExp]>([
  [
    "a file that is not there",
    {},
    { a: pipeline() },
    /stores\.a\.pipeline:\n.*twice\.json cannot be read \(ENOENT\)/,
  ],
  ["a file that is no JSON", { "twice.json": "{ node" }, { a: pipeline() }, /stores\.a\.pipeline:\n.*JSON/],
  ["no pipeline at all", { "twice.json": {} }, { a: pipeline() }, /stores\.a\.pipeline:\n {2}is empty/],
  [
    "a store that is not there",
    { "twice.json": twice("era5") },
    { data: "./data.zarr", a: pipeline() },
    /stores\.a\.pipeline:\n.*Zarr\.attrs\.store names the resource "era5", which is not known; there are data/,
  ],
  [
    "pipelines in a circle",
    { "twice.json": twice("b"), "b.json": twice("a") },
    { a: pipeline(), b: pipeline({ pipeline: "b.json" }) },
    /stores\.a\.pipeline:\n {2}reads itself: a → b → a/,
  ],
  [
    "impossible coordinates",
    { "twice.json": twice("data") },
    { data: "./data.zarr", a: pipeline({ coordinates: { lat: { start: 0, stop: 1, step: 0 } } }) },
    /stores\.a\.coordinates:\n.*step/,
  ],
  [
    "too few chunks",
    { "twice.json": twice("data") },
    { data: "./data.zarr", a: pipeline({ coordinates: { lat: [1], lon: [2] }, chunks: [2] }) },
    /stores\.a:\n {2}chunks has 1 length for 2 dimensions: lat, lon/,
  ],
  [
    "unknown parameters",
    { "twice.json": twice("data") },
    { data: "./data.zarr", a: pipeline({ params: { Arithmetic: { q: 1 } } }) },
    /stores\.a:\n.*Arithmetic has no parameter "q"; there are k/,
  ],
])("says where and why it refuses %s", async (_, files, stores, message) => {
  await expect(opened(await directoryWith(files), stores)).rejects.toThrow(message);
});

it.each([
  ["module.mjs", "export default 3;", /pipelines\.modules\[0\]:\n.*no list/],
  ["module.mjs", "export default [3];", /provide takes resources/],
  ["module.mjs", "throw new Error('broken');", /module\.mjs: broken/],
  ["other.mjs", "", /pipelines\.modules\[0\]:\n.*module\.mjs.*ENOENT/],
])("says what is wrong with a module (%s: %s)", async (file, text, message) => {
  const directory = await directoryWith({ "twice.json": twice("data"), [file]: text });
  const stores = { data: "./data.zarr", a: pipeline() };
  await expect(opened(directory, stores, { pipelines: { modules: ["module.mjs"] } })).rejects.toThrow(
    message,
  );
});

it("refuses a resource of a module that has the name of a store", async () => {
  const from = import.meta.resolve("@zarr-cache/nodes");
  const text = `import { resource } from ${JSON.stringify(from)};\nexport default [resource("data", 1)];\n`;
  const directory = await directoryWith({ "twice.json": twice("data"), "module.mjs": text });
  const stores = { data: "./data.zarr", a: pipeline() };
  await expect(opened(directory, stores, { pipelines: { modules: ["module.mjs"] } })).rejects.toThrow(
    /stores\.data:\n {2}a module of pipelines\.modules has a resource of that name/,
  );
});

it("says which package is missing", async () => {
  const missing = Object.assign(new Error("not there"), { code: "ERR_MODULE_NOT_FOUND" });
  await expect(loadNodes("stores.a.pipeline", () => Promise.reject(missing))).rejects.toThrow(
    /stores\.a\.pipeline:\n {2}needs a package: npm install @zarr-cache\/nodes/,
  );
});
