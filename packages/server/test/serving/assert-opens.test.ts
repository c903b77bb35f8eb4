import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Arithmetic, resource, ZarrSource } from "@zarr-cache/nodes";
import { expect, it, onTestFinished } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import type { ConfigInput } from "../../src/config/config-schema.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { assertOpens } from "../../src/serving/assert-opens.ts";

/** Twice what the store of this id has under `x`. */
const twice = (store: string) =>
  new Arithmetic({
    eqn: "2 * A",
    operands: { A: new ZarrSource({ store: resource(store, new Map()), variable: "x" }) },
  }).definition();

/** What is wrong with a configuration beside these files; empty where nothing is. */
async function problems(config: ConfigInput, files: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries({ ...files, "zarr-cache.config.json": config }))
    await writeFile(join(directory, name), typeof content === "string" ? content : JSON.stringify(content));
  const loaded = await loadConfig({ directory, env: {} });
  const error = await assertOpens(loaded).catch((thrown: unknown) => thrown);
  if (error !== undefined) expect(error).toBeInstanceOf(ConfigError);
  return error === undefined ? "" : (error as Error).message;
}

const data = { source: "https://nowhere.invalid/data.zarr" };
const pipeline = { pipeline: "twice.json", coordinates: { lat: [1, 2] } };

it("takes what a server could open, and asks nobody", async () => {
  const config = {
    stores: { data, twice: pipeline },
    aside: { store: "data", functions: { modules: { f: "f.mjs" } } },
    pipelines: { modules: ["nodes.mjs"] },
  };
  const files = { "twice.json": twice("data"), "f.mjs": "", "nodes.mjs": "export default [];" };
  expect(await problems(config, files)).toBe("");
});

it.each<[string, ConfigInput, Record<string, unknown>, RegExp]>([
  [
    "a definition that is not there",
    { stores: { twice: pipeline } },
    {},
    /^stores\.twice\.pipeline:\n {2}.*twice\.json cannot be read \(ENOENT\); correct the path$/,
  ],
  [
    "a definition that is no JSON",
    { stores: { twice: pipeline } },
    { "twice.json": "{" },
    /^stores\.twice\.pipeline:\n/,
  ],
  [
    "a definition that reads what is not configured",
    { stores: { data, twice: pipeline } },
    { "twice.json": twice("other") },
    /^stores\.twice\.pipeline:\n.*"?other"?/,
  ],
  [
    "a grid with other lengths of chunks",
    { stores: { data, twice: { ...pipeline, chunks: [1, 1] } } },
    { "twice.json": twice("data") },
    /^stores\.twice:\n {2}chunks has 2 lengths for 1 dimension: lat$/,
  ],
  [
    "a module of pipelines that lists nothing",
    { stores: { data, twice: pipeline }, pipelines: { modules: ["nodes.mjs"] } },
    { "twice.json": twice("data"), "nodes.mjs": "export default 1;" },
    /^pipelines\.modules\[0\]:\n {2}nodes\.mjs: its default export is no list/,
  ],
  [
    "a module of functions that is not there",
    { stores: { data }, aside: { store: "data", functions: { modules: { f: "f.mjs" } } } },
    {},
    /^aside:\n {2}functions\.modules\.f: the module .*f\.mjs cannot be read; correct the path\.$/,
  ],
  [
    "an option that its source refuses",
    { stores: { data: { ...data, http: { headers: { range: "bytes=0-1" } } } } },
    {},
    /^stores\.data:\n.*headers\.range/,
  ],
  [
    "several stores, but none of what reads one of these",
    {
      stores: {
        data: { ...data, http: { headers: { range: "bytes=0-1" } } },
        good: data,
        twice: pipeline,
        again: { ...pipeline, pipeline: "again.json" },
        gone: { ...pipeline, pipeline: "gone.json" },
        odd: { ...pipeline, pipeline: "odd.json" },
        long: { ...pipeline, pipeline: "long.json", chunks: [1, 1] },
      },
    },
    {
      "twice.json": twice("data"),
      "again.json": twice("twice"),
      "odd.json": { a: { node: "Nothing" }, b: 3 },
      "long.json": twice("good"),
    },
    new RegExp(
      [
        /^The configuration:/,
        / {2}stores\.data: .*headers\.range.*/,
        / {2}stores\.gone\.pipeline: .*gone\.json cannot be read \(ENOENT\); correct the path/,
        / {2}stores\.odd\.pipeline: a\.node is "Nothing", which is not known.*/,
        / {2}stores\.odd\.pipeline: b must be an object with "node", not 3/,
        / {2}stores\.long: chunks has 2 lengths for 1 dimension: lat$/,
      ]
        .map(({ source }) => source)
        .join("\n"),
    ),
  ],
  [
    "several modules, but not of the pipelines that may need them",
    {
      stores: { data, twice: pipeline },
      pipelines: { modules: ["nodes.mjs", "fine.mjs", "none.mjs"] },
    },
    { "twice.json": twice("nowhere"), "nodes.mjs": "export default 1;", "fine.mjs": "export default [];" },
    /^The configuration:\n {2}pipelines\.modules\[0\]: nodes\.mjs: .*\n {2}pipelines\.modules\[2\]: none\.mjs: ENOENT.*$/,
  ],
])("says the place and the fix of %s", async (_, config, files, message) => {
  expect(await problems(config, files)).toMatch(message);
});
