import { expect, it } from "vitest";
import { deferred } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { temporaryCache } from "../support/temporary-cache.ts";

it.each([
  ["what is over the bound is not kept below memory", "100 kB", 1],
  ["what is within it is", "1 MB", 2],
] as const)("fills that wait: %s", async (_, maxFillBytes, kept) => {
  const { open } = await temporaryCache();
  const cache = await open({ maxFillBytes });
  const gate = deferred<void>();
  const store = cache.wrap({ get: () => gate.promise.then(() => counted(80_000)) }, "data");
  const reads = [store.get("/a"), store.get("/b")];
  gate.resolve();
  for (const value of await Promise.all(reads)) expect(value).toHaveLength(80_000);
  await cache.idle();
  const { tiers } = await cache.usage();
  expect(tiers.map(({ tier, entries }) => [tier, entries])).toEqual([
    ["memory", 2],
    ["disk", kept],
  ]);
});
