/** Keeps files of a directory aside, and runs a function of its own over what is cached. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { served } from "./support/served.ts";

const directory = await mkdtemp(join(tmpdir(), "zarr-cache-example-"));
await mkdir(join(directory, "records"));
await writeFile(join(directory, "records/prices.json"), '[{"price": 2}, {"price": 4}]');
const mean_price = fileURLToPath(new URL("support/mean-price.mjs", import.meta.url));
const config = {
  cache: { location: "./cache", maxBytes: "100 MB" },
  stores: { records: "./records" },
  aside: { store: "records", functions: { modules: { mean_price } } },
};
await writeFile(join(directory, "zarr-cache.config.json"), JSON.stringify(config));

const { url, stop } = await served(directory);
const ask = async (query: string) => (await fetch(`${url}/cache/api/v1.0/?${query}`)).json();

assert.equal((await ask("function=mean_price&path=prices.json")).status, 404, "it is not cached yet");
await ask("command=create&path=prices.json");
const { return: mean } = await ask("function=mean_price&path=prices.json");
assert.equal(mean.value, 3);
const { return: stats } = await ask("function=cache_item_stats&key=prices.json");
assert.deepEqual(stats.value.columns, [{ name: "price", type: "integer", nulls: 0 }]);

const today = `${url}/api/v1/objects/results/today.json?expires=1h`;
await fetch(today, { method: "PUT", body: JSON.stringify({ mean: mean.value }) });
const { return: known } = await ask("command=head&path=results/today.json");
assert.ok(known.value.cached);
console.log(`mean price ${mean.value}, kept until ${known.value.expiresAt}`);
await stop();
await rm(directory, { recursive: true });
