import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";
import { holdCall } from "../support/hold-call.ts";

it("goes on for the one who stays when 99 of 100 readers leave", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const leavers = Array.from({ length: 99 }, () => new AbortController());
  const left = leavers.map(({ signal }) => store.get("/a", { signal }));
  const stayed = store.get("/a", { signal: new AbortController().signal });
  const read = await gate.arrived(0);
  for (const [i, leaver] of leavers.entries()) leaver.abort(new Error(`reader ${i} leaves`));
  for (const [i, wait] of left.entries()) await expect(wait).rejects.toThrow(`reader ${i} leaves`);
  expect(read.signal?.aborted).toBe(false);
  read.resolve(counted(4));
  expect(await stayed).toEqual(counted(4));
  expect(gate.reads).toHaveLength(1);
  expect(store.stats()).toMatchObject({ reads: 100, failures: 99 });
});

it("aborts the request at the source when the last reader leaves", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const leavers = Array.from({ length: 100 }, () => new AbortController());
  const left = leavers.map(({ signal }) => store.get("/a", { signal }));
  const read = await gate.arrived(0);
  for (const [i, leaver] of leavers.entries()) {
    expect(read.signal?.aborted).toBe(false);
    leaver.abort(new Error(`reader ${i}`));
  }
  expect(read.signal?.aborted).toBe(true);
  for (const [i, wait] of left.entries()) await expect(wait).rejects.toThrow(`reader ${i}`);
});

it("never hands a reader's own signal to the source", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const { signal } = new AbortController();
  const wait = store.get("/a", { signal });
  const read = await gate.arrived(0);
  expect(read.signal).toBeInstanceOf(AbortSignal);
  expect(read.signal).not.toBe(signal);
  read.resolve(undefined);
  await wait;
});

it("does not give the abort of others to a reader who comes after the last one left", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const leaver = new AbortController();
  const left = store.get("/a", { signal: leaver.signal });
  await gate.arrived(0);
  leaver.abort();
  const next = store.get("/a");
  await expect(left).rejects.toMatchObject({ name: "AbortError" });
  (await gate.arrived(1)).resolve(counted(3));
  expect(await next).toEqual(counted(3));
});

it("lets another reader in as soon as an abandoned source finally answers, and keeps nothing of it", async () => {
  const gate = gatedSource();
  const deaf = { get: (key: string) => gate.get(key) };
  const { store } = cached(deaf);
  const leaver = new AbortController();
  const left = store.get("/a", { signal: leaver.signal });
  const first = await gate.arrived(0);
  leaver.abort();
  await expect(left).rejects.toMatchObject({ name: "AbortError" });
  const next = store.get("/a");
  first.resolve(counted(3));
  const second = await Promise.race([gate.arrived(1), next.then(() => undefined)]);
  second?.resolve(counted(3));
  expect(await next).toEqual(counted(3));
});

it("rejects at once with the reason of a signal that is aborted already, without asking anybody", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const reason = new Error("never mind");
  await expect(store.get("/a", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(gate.reads).toHaveLength(0);
});

it("does not ask the source for a reader who leaves while the claim is taken", async () => {
  const gate = gatedSource();
  const { store, indexFaults } = cached(gate);
  const claim = holdCall(indexFaults, "claim");
  const leaver = new AbortController();
  const left = store.get("/a", { signal: leaver.signal });
  await claim.come;
  leaver.abort();
  await expect(left).rejects.toMatchObject({ name: "AbortError" });
  claim.go();
  await store.idle();
  expect(gate.reads).toHaveLength(0);
  expect(indexFaults.calls("release")).toBe(1);
});

it("leaves the fill of another store alone when a reader who waits for it leaves", async () => {
  const gate = gatedSource();
  const { store, storage } = cached(gate);
  const other = new CachedStore(gate, "s", storage);
  const own = store.get("/a");
  const read = await gate.arrived(0);
  const leaver = new AbortController();
  const left = other.get("/a", { signal: leaver.signal });
  leaver.abort(new Error("leaves"));
  await expect(left).rejects.toThrow("leaves");
  expect(read.signal?.aborted).toBe(false);
  read.resolve(counted(4));
  expect(await own).toEqual(counted(4));
});
