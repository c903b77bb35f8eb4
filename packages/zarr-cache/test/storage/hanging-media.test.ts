import { describe, expect, it } from "vitest";
import type { StorageEvents } from "../../src/storage.ts";
import { countingSource, deferred, fakeClock } from "../../src/testing/index.ts";
import { BackgroundWork } from "../../src/tier/background-work.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { passTime } from "../support/pass-time.ts";
import { plainSource } from "../support/plain-source.ts";

/** A store whose bytes can be made to hang, with the faults that it tells of. */
function hanging() {
  const made = cached(plainSource(new Map([["/a", counted(1000)]])));
  const faults: StorageEvents["fault"][] = [];
  made.storage.on("fault", (fault) => faults.push(fault));
  return { ...made, faults };
}

describe("where writing bytes never ends", () => {
  it("the cache is idle after twenty deadlines, and the fill is a fault", async () => {
    const { store, clock, byteFaults, faults } = hanging();
    byteFaults.add({ kind: "hang", on: "set" });
    await store.get("/a");
    const idle = store.idle();
    expect(await passTime(clock, idle)).toBeLessThanOrEqual(10_200);
    await idle;
    expect(faults).toEqual([
      { tier: "memory", operation: "fill", error: expect.objectContaining({ tag: "DeadlineError" }) },
    ]);
  });

  it("store and storage can be closed after as long, and nothing is told afterwards", async () => {
    const { store, storage, clock, byteFaults, faults } = hanging();
    byteFaults.add({ kind: "hang", on: "set" });
    await store.get("/a");
    const closing = store.close().then(() => storage.close());
    expect(await passTime(clock, closing)).toBeLessThanOrEqual(10_200);
    await closing;
    expect(faults).toHaveLength(1);
    byteFaults.letGo();
    await passTime(clock, Promise.resolve());
    expect(faults).toHaveLength(1);
  });
});

describe("where writing bytes takes long", () => {
  it("others wait for two deadlines, then ask the source themselves, and the value is kept in the end", async () => {
    const source = countingSource(plainSource(new Map([["/a", counted(1000)]])));
    const { store, clock, storage, byteFaults } = cached(source);
    const written = deferred<void>();
    byteFaults.add({ kind: "delay", on: "set", until: written.promise });
    expect(await store.get("/a")).toEqual(counted(1000));
    const waiting = store.get("/a");
    expect(await passTime(clock, waiting)).toBe(1000);
    expect(await waiting).toEqual(counted(1000));
    expect(source.requests, "the first reader, and the one who waited").toHaveLength(2);
    const later = store.get("/a");
    expect(await passTime(clock, later), "nobody waits any more").toBe(0);
    expect(source.requests).toHaveLength(3);
    written.resolve();
    await store.idle();
    await store.get("/a");
    expect(source.requests, "it is kept").toHaveLength(3);
    expect((await storage.usage()).entries).toBe(1);
  });
});

describe("where deleting bytes never ends", () => {
  it("the cache is idle after twenty deadlines, and deletes them once it can", async () => {
    const { store, storage, clock, byteFaults, faults } = hanging();
    await store.get("/a");
    await store.idle();
    byteFaults.add({ kind: "hang", on: "delete" });
    await store.invalidate();
    const idle = storage.idle();
    expect(await passTime(clock, idle)).toBeLessThanOrEqual(10_200);
    await idle;
    expect(faults).toMatchObject([{ operation: "delete", error: { tag: "DeadlineError" } }]);
    expect((await storage.usage()).condemnedBytes).toBeGreaterThan(1000);
    byteFaults.clear();
    await store.invalidate();
    await storage.idle();
    expect((await storage.usage()).bytes).toBe(0);
  });
});

describe("where deleting bytes takes until its deadline", () => {
  it("who sweeps waits for two rounds of it, however often others sweep meanwhile", async () => {
    const { store, storage, clock, byteFaults } = hanging();
    await store.get("/a");
    await store.idle();
    byteFaults.add({ kind: "hang", on: "delete" });
    await store.invalidate();
    let isOver = false;
    const sweepOften = () => {
      if (isOver) return;
      void storage.sweep();
      clock.timers.set(sweepOften, 4000);
    };
    sweepOften();
    const swept = storage.sweep().then(() => {
      isOver = true;
    });
    expect(await passTime(clock, swept)).toBeLessThanOrEqual(20_400);
    await swept;
  });
});

describe("work in the background", () => {
  it("that never ends is waited for once, while the rest is waited for", async () => {
    const clock = fakeClock();
    const stuck: unknown[] = [];
    const work = new BackgroundWork({ patience: 100, timers: clock.timers, onStuck: (it) => stuck.push(it) });
    const ends = deferred();
    work.behind("s", new Promise(() => {}));
    const idle = work.idle();
    clock.advance(60);
    work.behind("s", ends.promise);
    clock.advance(60);
    await passTime(clock, Promise.resolve());
    ends.resolve();
    await idle;
    expect(stuck).toMatchObject([{ tag: "DeadlineError" }]);
    await work.idle();
    expect(stuck).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});
