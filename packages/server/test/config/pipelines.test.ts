import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import type { ConfigError } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load-config.ts";

async function problems(store: unknown): Promise<readonly string[]> {
  const flags = { stores: { ndvi: store } };
  const error = await loadConfig({ directory: tmpdir(), env: {}, flags }).catch((thrown) => thrown);
  return (error as ConfigError).problems;
}

const sound = { pipeline: "ndvi.json", coordinates: { lat: [1] } };

it("takes a pipeline as a store", async () => {
  const flags = { stores: { ndvi: { ...sound, chunks: [10], dtype: "float32", recheck: "1m" } } };
  const { config } = await loadConfig({ directory: tmpdir(), env: {}, flags });
  expect(config.stores["ndvi"]).toMatchObject({ chunks: [10], recheck: 60_000, public: false });
});

it.each([
  ["no coordinates", { pipeline: "ndvi.json" }, /^stores\.ndvi\.coordinates: says on which labels/],
  ["no lengths", { ...sound, chunks: [0] }, /^stores\.ndvi\.chunks\[0\]: /],
  ["no type of values", { ...sound, dtype: "complex64" }, /^stores\.ndvi\.dtype: .*"float64"/],
  ["something unknown", { ...sound, chunk: [1] }, /^stores\.ndvi\.chunk: there is no such setting/],
  [
    "a pipeline that is written to",
    { ...sound, writable: true },
    /^stores\.ndvi\.writable: there is no such/,
  ],
  [
    "a store with an unknown setting",
    { source: "./x", chunks: [1] },
    /^stores\.ndvi\.chunks: there is no such/,
  ],
  ["a store of nothing", {}, /^stores\.ndvi\.source: /],
])("says what is wrong with %s", async (_, store, message) => {
  expect(await problems(store)).toEqual([expect.stringMatching(message)]);
});
