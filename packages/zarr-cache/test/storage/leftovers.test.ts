import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import type { StorageEvents } from "../../src/storage.ts";
import type { ByteStore, FoundName, StoreOpener } from "../../src/store-opener.ts";
import { deferred, fakeClock, faultPlan, faultyOpener } from "../../src/testing/index.ts";
import { newEpoch, newToken } from "../../src/token.ts";
import { settleAndCheck } from "../support/memory-tier.ts";
import { passTime } from "../support/pass-time.ts";

const SIZE = 10_000;
const LEFT = 300;
const BUDGET = LEFT * SIZE;

/** Bytes that outlive an index, and the most that they ever were. */
class LastingOpener implements StoreOpener {
  readonly medium = "bucket";
  readonly values = new Map<string, Uint8Array>();
  most = 0;
  listed = 0;
  /** So many deletes are done at once; the others wait until they may. */
  deletes = Number.POSITIVE_INFINITY;
  readonly mayDelete = deferred<void>();
  readonly purgesBehind: boolean;

  constructor(purgesBehind: boolean) {
    this.purgesBehind = purgesBehind;
    const epoch = newEpoch();
    for (let i = 0; i < LEFT; i++) this.values.set(newToken(epoch), new Uint8Array(SIZE));
  }

  open(): ByteStore {
    return {
      get: async (token) => {
        const value = this.values.get(token);
        return value && { value };
      },
      set: async (token, value) => {
        this.values.set(token, value);
        this.most = Math.max(this.most, this.bytes);
      },
      delete: async (token) => {
        if (this.deletes-- <= 0) await this.mayDelete.promise;
        this.values.delete(token);
      },
    };
  }

  get bytes(): number {
    return [...this.values.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  footprint(size: number): number {
    return size;
  }

  async *names(): AsyncIterable<FoundName> {
    for (const [token, { byteLength }] of this.values) {
      this.listed++;
      yield { storeId: "s", token, bytes: byteLength };
    }
  }
}

function over(opener: LastingOpener) {
  const clock = fakeClock();
  const faults = faultPlan();
  const index = new MemoryStoreIndex({ maxBytes: BUDGET, clock: clock.now });
  const storage = new IndexedCacheStorage(index, faultyOpener(opener, faults), {
    timers: clock.timers,
    monotonic: clock.now,
  });
  const told: StorageEvents["fault"][] = [];
  storage.on("fault", (fault) => told.push(fault));
  const old = new Set(opener.values.keys());
  const left = () => [...opener.values.keys()].filter((token) => old.has(token)).length;
  const put = (i: number) => storage.put({ storeId: "s", key: `/${i}` }, new Uint8Array(SIZE));
  return { clock, faults, storage, told, left, put };
}

it("what a lost index left in a bucket is deleted behind what is new, and both are within the budget", async () => {
  const opener = new LastingOpener(true);
  const { clock, storage, told, left, put } = over(opener);
  // The second step cannot go on.
  opener.deletes = 64;
  let isFull = false;
  let admitted = 0;
  for (let i = 0; i < 100 && !isFull; i++) {
    const putting = put(i);
    await passTime(clock, putting);
    if (await putting) admitted++;
    else isFull = true;
  }
  expect(admitted, "as many as were deleted, less the overhead").toBeGreaterThan(55);
  expect(admitted).toBeLessThan(64);
  expect(left()).toBe(LEFT - 64);
  expect(await storage.usage()).toMatchObject({ entries: admitted });

  opener.mayDelete.resolve();
  await passTime(
    clock,
    until(() => left() === 0),
  );
  expect(told).toEqual([]);
  await passTime(
    clock,
    until(async () => (await storage.usage()).condemnedBytes === 0),
  );
  expect(opener.most).toBeLessThanOrEqual(BUDGET);
  expect(await storage.has({ storeId: "s", key: "/0" })).toBe(true);
  expect(await storage.verify()).toMatchObject({ orphans: 0, lost: 0, accounting: [] });
  await settleAndCheck(storage);
});

it("what cannot be deleted is tried again, and stays charged until then", async () => {
  const opener = new LastingOpener(true);
  const { clock, faults, storage, told, left, put } = over(opener);
  faults.add({ kind: "fail", on: "delete", error: new Error("denied") });
  await storage.open();
  const first = put(0);
  await passTime(clock, first);
  expect(await first, "there is no room").toBe(false);
  expect(left()).toBe(LEFT);
  expect(told.map(({ operation }) => operation)).toContain("purge");
  faults.clear();
  await passTime(
    clock,
    until(() => left() === 0),
  );
  await passTime(
    clock,
    until(async () => (await storage.usage()).bytes === 0),
  );
  expect(await put(1)).toBe(true);
  await settleAndCheck(storage);
});

it("closing ends the deleting", async () => {
  const opener = new LastingOpener(true);
  const { clock, storage, left } = over(opener);
  opener.deletes = 0;
  await storage.open();
  await setImmediate();
  const closing = storage.close();
  opener.mayDelete.resolve();
  await passTime(clock, closing);
  await closing;
  await passTime(clock, setImmediate());
  expect(left()).toBe(LEFT - 64);
});

it("on a medium where that takes no time, all is deleted before anything is admitted", async () => {
  const opener = new LastingOpener(false);
  const { storage, left, put } = over(opener);
  opener.deletes = 0;
  const opening = storage.open();
  const putting = put(0);
  await setImmediate();
  expect(opener.listed).toBeGreaterThan(0);
  expect([left(), opener.values.size]).toEqual([LEFT, LEFT]);
  opener.mayDelete.resolve();
  await opening;
  expect(left()).toBe(0);
  expect(await putting).toBe(true);
  await settleAndCheck(storage);
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await setImmediate();
}
