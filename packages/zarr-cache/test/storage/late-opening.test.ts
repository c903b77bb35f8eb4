import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { DeadlineError } from "../../src/errors.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { testTier } from "../support/memory-tier.ts";
import { passTime } from "../support/pass-time.ts";
import { plainSource } from "../support/plain-source.ts";

function unopened() {
  const tier = testTier();
  const source = countingSource(plainSource(new Map([["/a", counted(4)]])));
  const warnings: string[] = [];
  tier.storage.on("warning", ({ message }) => warnings.push(message));
  return { ...tier, source, warnings, store: new CachedStore(source, "s", tier.storage) };
}

describe("an index that does not answer in time when it is opened", () => {
  it.each(["fail", "hang"] as const)("is warned of, and used once it answers: %s", async (kind) => {
    const { storage, store, source, clock, indexFaults, warnings } = unopened();
    indexFaults.add({ kind, on: "open", error: new DeadlineError("The index", 250) });
    const opening = storage.open();
    await passTime(clock, opening);
    await opening;
    expect(warnings).toEqual([
      expect.stringMatching(/memory tier is not used yet.*did not answer within.*tried again/),
    ]);
    for (let i = 0; i < 8; i++) {
      const reading = store.get("/a");
      await passTime(clock, reading);
      expect(await reading).toEqual(counted(4));
    }
    expect(source.requests).toHaveLength(8);
    indexFaults.clear();
    indexFaults.letGo();
    await passTime(clock, Promise.resolve());
    clock.advance(5000);
    await store.get("/a");
    await store.idle();
    await store.get("/a");
    await store.idle();
    const { length } = source.requests;
    await store.get("/a");
    expect(source.requests).toHaveLength(length);
    expect(warnings).toHaveLength(1);
  });

  it("is an error to whoever asks what is in it", async () => {
    const { storage, indexFaults } = unopened();
    indexFaults.add({ kind: "fail", on: "open", error: new DeadlineError("The index", 250) });
    for (const ask of [
      () => storage.usage(),
      () => storage.entries(),
      () => storage.verify(),
      () => storage.sweep(),
    ])
      await expect(ask()).rejects.toMatchObject({ tag: "DeadlineError" });
    await expect(storage.invalidate("s", "/")).rejects.toMatchObject({ tag: "CacheUnavailableError" });
  });
});

it("rejects the opening of a tier that can never be used", async () => {
  const { storage, indexFaults, warnings } = unopened();
  indexFaults.add({ kind: "fail", on: "open", error: new Error("never"), times: 1 });
  await expect(storage.open()).rejects.toThrow("never");
  expect(warnings).toEqual([]);
});
