import { describe, expect, it } from "vitest";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import {
  deferred,
  faultPlan,
  faultyIndex,
  faultyOpener,
  faultySource,
  InjectedFault,
} from "../../src/testing/index.ts";

const BYTES = new Uint8Array([1, 2, 3, 4]);
const FRESH = { present: 1, missing: 1 };

describe("a fault plan", () => {
  it("lets everything through at first, and counts it", async () => {
    const plan = faultPlan();
    const source = faultySource(new Map([["/a", BYTES]]), plan);
    expect(source.get("/a")).toBe(BYTES);
    expect(source.size).toBe(1);
    expect([plan.calls(), plan.calls("get"), plan.calls("set"), plan.struck]).toEqual([1, 1, 0, 0]);
  });

  it("fails the next calls, then no more", async () => {
    const plan = faultPlan();
    const source = faultySource(new Map([["/a", BYTES]]), plan);
    plan.add({ kind: "fail", times: 2 });
    await expect(source.get("/a")).rejects.toThrow(InjectedFault);
    await expect(source.get("/a")).rejects.toThrow("get was made to fail");
    expect(source.get("/a")).toBe(BYTES);
    expect(plan.struck).toBe(2);
  });

  it("fails every n-th call, and only of the operation that is named", async () => {
    const plan = faultPlan();
    const store = faultyOpener(new MemoryStoreOpener(), plan).open("s");
    plan.add({ kind: "fail", on: "set", every: 3, error: new RangeError("full") });
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++)
      try {
        await store.delete("t");
        await store.set(`t${i}`, BYTES, undefined);
        outcomes.push("done");
      } catch (error) {
        outcomes.push(String(error));
      }
    expect(outcomes).toEqual(["done", "done", "RangeError: full", "done", "done", "RangeError: full"]);
  });

  it("fails while a rule is there", async () => {
    const plan = faultPlan();
    const source = faultySource(new Map([["/a", BYTES]]), plan);
    const mend = plan.add({ kind: "fail", on: ["get", "getRange"] });
    await expect(source.get("/a")).rejects.toThrow(InjectedFault);
    mend();
    expect(source.get("/a")).toBe(BYTES);
    plan.add({ kind: "fail" });
    plan.clear();
    expect(source.get("/a")).toBe(BYTES);
  });

  it("delays calls until a promise resolves, and knows how many are in flight", async () => {
    const plan = faultPlan();
    const source = faultySource(new Map([["/a", BYTES]]), plan);
    const gate = deferred();
    plan.add({ kind: "delay", until: gate.promise, times: 2 });
    const reads = [source.get("/a"), source.get("/a")];
    expect([plan.inFlight, plan.maxInFlight]).toEqual([2, 2]);
    gate.resolve();
    expect(await Promise.all(reads)).toEqual([BYTES, BYTES]);
    expect([plan.inFlight, plan.maxInFlight]).toEqual([0, 2]);
  });

  it("truncates bytes and flips a bit in a copy of them", async () => {
    const plan = faultPlan();
    const store = faultyOpener(new MemoryStoreOpener(), plan).open("s");
    await store.set("t", BYTES, undefined);
    plan.add({ kind: "truncate", times: 1 });
    expect((await store.get("t", 4, 0))?.value).toEqual(BYTES.slice(0, 3));
    plan.add({ kind: "flipBit", times: 1 });
    expect((await store.get("t", 4, 0))?.value).toEqual(new Uint8Array([1, 2, 3 ^ 0x10, 4]));
    expect((await store.get("t", 4, 0))?.value).toEqual(new Uint8Array([1, 2, 3, 4]));
  });

  it("loses a reply after the work was done", async () => {
    const plan = faultPlan();
    const memory = new MemoryStoreIndex();
    const index = faultyIndex(memory, plan);
    plan.add({ kind: "loseReply", on: "claim", times: 1 });
    await expect(index.claim({ storeId: "s", key: "/a" }, FRESH)).rejects.toThrow(InjectedFault);
    expect(memory.usage().claims).toBe(1);
    expect(index.now()).toBeGreaterThan(0);
    expect([plan.calls("claim"), plan.calls("now")]).toEqual([1, 0]);
  });

  it("hangs until the signal aborts, or until it lets go", async () => {
    const plan = faultPlan();
    const source = faultySource(new Map([["/a", BYTES]]), plan);
    const get = (signal?: AbortSignal) =>
      Promise.resolve((source as { get: (key: string, options?: object) => unknown }).get("/a", { signal }));
    plan.add({ kind: "hang" });
    const controller = new AbortController();
    const [aborted, hanging] = [get(controller.signal), get()];
    controller.abort(new Error("left"));
    await expect(aborted).rejects.toThrow("left");
    await expect(get(AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
    expect(plan.inFlight).toBe(1);
    plan.letGo();
    await expect(hanging).rejects.toThrow(InjectedFault);
    expect(plan.inFlight).toBe(0);
  });

  it("leaves an opener without names without names, and lists those of one with them", async () => {
    const plan = faultPlan();
    const memory = new MemoryStoreOpener();
    const opener = faultyOpener(memory, plan);
    await opener.open("s").set("t", BYTES, undefined);
    const names = [];
    for await (const name of opener.names?.() ?? []) names.push(name);
    expect(names).toEqual([{ storeId: "s", token: "t" }]);
    const { medium, open, footprint } = memory;
    expect(faultyOpener({ medium, open, footprint }, plan).names).toBeUndefined();
  });
});
