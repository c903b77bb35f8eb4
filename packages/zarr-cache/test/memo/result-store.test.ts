import { getEventListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { ResultStore } from "../../src/memo/index.ts";
import { deferred } from "../../src/testing/index.ts";
import { testTier } from "../support/memory-tier.ts";
import { unheardRejections } from "../support/unheard-rejections.ts";

const NAME = { id: "a", key: async () => "/a/1" as const };

it("ends the wait of a caller who leaves when another process has just been found to compute", async () => {
  const unheard = unheardRejections();
  const { storage } = testTier();
  expect(await storage.claim({ storeId: "results", key: "/a/1" })).toMatchObject({ state: "fill" });
  const abort = new AbortController();
  const claim = storage.claim.bind(storage);
  storage.claim = async (...args) => {
    const answer = await claim(...args);
    abort.abort(new Error("enough"));
    return answer;
  };
  const resolving = ResultStore.of(storage, "results").resolve(
    NAME,
    () => Promise.reject(new Error("computed")),
    abort.signal,
  );
  await expect(resolving).rejects.toThrow("enough");
  await setImmediate();
  expect(unheard).toEqual([]);
});

it("lets many wait for one computation with one signal, each to its own end", async () => {
  const results = ResultStore.of(testTier().storage, "results");
  const held = deferred<Uint8Array>();
  const compute = async () => ({ bytes: await held.promise, cost: 1, expiresAt: Number.POSITIVE_INFINITY });
  const [leaving, staying] = [new AbortController(), new AbortController()];
  const first = results.resolve(NAME, compute);
  const resolve = ({ signal }: AbortController) => results.resolve(NAME, compute, signal);
  const left = Promise.allSettled(Array.from({ length: 20 }, () => resolve(leaving)));
  const stayed = Promise.all(Array.from({ length: 20 }, () => resolve(staying)));
  await setImmediate();
  expect(getEventListeners(staying.signal, "abort")).toHaveLength(1);
  leaving.abort("enough");
  expect(new Set((await left).map((it) => it.status === "rejected" && it.reason))).toEqual(
    new Set(["enough"]),
  );
  held.resolve(Uint8Array.of(7));
  expect(await first).toEqual(Uint8Array.of(7));
  expect((await stayed).every((bytes) => bytes[0] === 7)).toBe(true);
  expect(getEventListeners(staying.signal, "abort")).toEqual([]);
});
