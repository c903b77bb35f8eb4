import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { holdCall } from "../support/hold-call.ts";
import { testTier } from "../support/memory-tier.ts";
import { passTime } from "../support/pass-time.ts";
import { plainSource } from "../support/plain-source.ts";

it("makes a reader fetch for itself, uncached, once another's fill takes longer", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(4)]])));
  const { storage, clock } = testTier({ storage: { lockTimeout: "2s" } });
  const fill = await storage.claim({ storeId: "s", key: "/a" });
  const store = new CachedStore(source, "s", storage);
  const reading = store.get("/a");
  expect(await passTime(clock, reading)).toBeGreaterThanOrEqual(2000);
  expect(await reading).toEqual(counted(4));
  expect(source.requests).toHaveLength(1);
  if (fill.state === "fill") expect(await fill.commit(counted(4))).toBe(true);
});

it("can be for ever: the reader gets what the other one fetches", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(9)]])));
  const { storage, clock, indexFaults } = testTier({ storage: { lockTimeout: Number.POSITIVE_INFINITY } });
  const fill = await storage.claim({ storeId: "s", key: "/a" });
  const wait = holdCall(indexFaults, "settled");
  const reading = new CachedStore(source, "s", storage).get("/a");
  await wait.come;
  wait.go();
  clock.advance(30 * 86_400_000);
  if (fill.state === "fill") await fill.commit(counted(4));
  expect(await reading).toEqual(counted(4));
  expect(source.requests).toHaveLength(0);
});

it("does not count for a reader who leaves while it waits", async () => {
  const { storage, indexFaults } = testTier();
  const fill = await storage.claim({ storeId: "s", key: "/a" });
  const source = countingSource(plainSource(new Map()));
  const store = new CachedStore(source, "s", storage);
  const wait = holdCall(indexFaults, "settled");
  const leaver = new AbortController();
  const left = store.get("/a", { signal: leaver.signal });
  await wait.come;
  leaver.abort(new Error("leaves"));
  wait.go();
  await expect(left).rejects.toThrow("leaves");
  await store.idle();
  expect(source.requests).toHaveLength(0);
  if (fill.state === "fill") await fill.abandon();
});
