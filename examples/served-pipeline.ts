/** Serves a pipeline over another store as a Zarr array, and evaluates it on the server at other coordinates. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRegistry, Node, readCoordinates, resource } from "@zarr-cache/nodes";
import { remote } from "@zarr-cache/nodes/remote";
import * as zarr from "zarrita";
import { served } from "./support/served.ts";

const definition = {
  sst: { node: "ZarrSource", attrs: { store: "coads", variable: "SST" } },
  anywhere: { node: "Interpolate", attrs: { interpolation: "nearest" }, inputs: { source: "sst" } },
  mean: { node: "Reduce", attrs: { reduction: "mean", dims: ["time"] }, inputs: { source: "anywhere" } },
};
const coordinates = { lat: { start: -60, stop: 60, step: 5 }, lon: { start: 31, stop: 331, step: 10 } };
const coads = fileURLToPath(new URL("../test/fixtures/coads_blosc.zarr", import.meta.url));
const config = {
  cache: { location: "./cache", maxBytes: "100 MB" },
  stores: { coads, mean: { pipeline: "mean.json", coordinates, chunks: [10, 10], dtype: "float64" } },
  pipelines: { evaluate: {} },
};
const directory = await mkdtemp(join(tmpdir(), "zarr-cache-example-"));
await writeFile(join(directory, "mean.json"), JSON.stringify(definition));
await writeFile(join(directory, "zarr-cache.config.json"), JSON.stringify(config));
const { url, stop } = await served(directory);

const array = await zarr.open(new zarr.FetchStore(`${url}/stores/mean/data`), { kind: "array" });
const map = await zarr.get(array as zarr.Array<"float64">);
const store = resource("coads", new zarr.FetchStore(`${url}/stores/coads`));
const mean = Node.fromDefinition(definition, createRegistry().provide(store));
const method = remote({ url: `${url}/api/v1/evaluate` });
const point = await mean.eval(readCoordinates({ lat: 0, lon: 181 }), { method });
assert.equal(point.item(), map.data[12 * 31 + 15]);
console.log(`${map.shape.join(" × ")} means; at the equator and the date line ${point.item().toFixed(1)} °C`);
await stop();
await rm(directory, { recursive: true });
