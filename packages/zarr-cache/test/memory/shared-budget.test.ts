import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import type { HolderState } from "../../src/budget/budget-ledger.ts";
import { CachedStore } from "../../src/cached-store.ts";
import { LmdbBudgetLedger } from "../../src/disk/index.ts";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import { checkInvariants } from "../../src/testing/check-invariants.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { counted } from "../support/bytes.ts";
import { replaceMembers } from "../testing/replace-members.ts";

const MAX_BYTES = 64_000;
const VALUE = 1000;

/** Memory tiers of several holders over one ledger, on one clock. */
async function tiersOf(count: number) {
  const directory = await mkdtemp(join(tmpdir(), "shared-budget-"));
  const clock = fakeClock();
  const values = new Map(Array.from({ length: 100 }, (_, i) => [`/c/${i}`, counted(VALUE, i)] as const));
  let answers = 0;
  const counting = (budget: LmdbBudgetLedger) =>
    replaceMembers(budget, {
      async settle(holder: string, state: HolderState) {
        const answer = await budget.settle(holder, state);
        answers++;
        return answer;
      },
    });
  /** Lets five seconds pass, in which every tier renews its share. */
  const renew = async () => {
    const before = answers;
    clock.advance(5000);
    await vi.waitFor(() => expect(answers).toBeGreaterThanOrEqual(before + count));
  };
  const tiers = Array.from({ length: count }, () => {
    const budget = new LmdbBudgetLedger(directory, {
      maxBytes: MAX_BYTES,
      leaseAge: 15_000,
      deadline: 5000,
      clock: clock.now,
    });
    const index = new MemoryStoreIndex({
      maxBytes: MAX_BYTES,
      maxEntryBytes: 8000,
      budget: counting(budget),
      clock: clock.now,
      timers: clock.timers,
    });
    const storage = new IndexedCacheStorage(index, new MemoryStoreOpener());
    const store = new CachedStore(values, "s", storage);
    const readAll = async () => {
      for (const [key, value] of values) {
        expect(await store.get(key as "/")).toEqual(value);
        await store.idle();
      }
    };
    return { index, storage, store, readAll };
  });
  onTestFinished(async () => {
    for (const { storage } of open) {
      await checkInvariants(storage);
      await storage.close();
    }
    await rm(directory, { recursive: true, force: true });
  });
  const open = new Set(tiers);
  const charged = () => tiers.reduce((sum, { index }) => sum + index.usage().bytes, 0);
  const close = async (tier: (typeof tiers)[0]) => {
    open.delete(tier);
    await tier.storage.close();
  };
  return { tiers, renew, charged, close };
}

it("takes the whole budget alone", async () => {
  const { tiers, charged } = await tiersOf(1);
  for (let round = 0; round < 4; round++) await tiers[0]?.readAll();
  expect(charged()).toBeGreaterThan(0.9 * MAX_BYTES);
  expect(charged()).toBeLessThanOrEqual(MAX_BYTES);
});

it("never charges more than the budget together, and each of two comes to its part", async () => {
  const { tiers, renew, charged } = await tiersOf(2);
  const [first, second] = tiers as [(typeof tiers)[0], (typeof tiers)[0]];
  for (let round = 0; round < 4; round++) await first.readAll();
  for (let round = 0; round < 12; round++) {
    await second.readAll();
    await first.readAll();
    await renew();
    expect(charged()).toBeLessThanOrEqual(MAX_BYTES);
  }
  for (const { index } of tiers) expect(index.usage().bytes).toBeGreaterThan(0.35 * MAX_BYTES);
});

it("gives its share back when it is closed", async () => {
  const { tiers, close } = await tiersOf(2);
  const [first, second] = tiers as [(typeof tiers)[0], (typeof tiers)[0]];
  for (let round = 0; round < 4; round++) await first.readAll();
  await close(first);
  for (let round = 0; round < 4; round++) await second.readAll();
  expect(second.index.usage().bytes).toBeGreaterThan(0.9 * MAX_BYTES);
});

it("goes on without a ledger that cannot be opened: every read is answered by the source", async () => {
  const budget = {
    maxBytes: 1000,
    leaseAge: 1000,
    open: () => Promise.reject(new Error("no ledger")),
    settle: () => Promise.reject(new Error("no ledger")),
    leave: () => undefined,
    close: () => undefined,
  };
  const storage = new IndexedCacheStorage(new MemoryStoreIndex({ budget }), new MemoryStoreOpener());
  const store = new CachedStore(new Map([["/a", counted(10)]]), "s", storage);
  expect(await store.get("/a")).toEqual(counted(10));
  expect(store.stats().tiers[0]?.faults).toBeGreaterThan(0);
  await storage.close();
});

it("warns once when the ledger goes away, and keeps nothing more than it may", async () => {
  const clock = fakeClock();
  let isDown = false;
  const budget = {
    maxBytes: MAX_BYTES,
    leaseAge: 3000,
    open: () => undefined,
    settle: async (_: string, { limit, wanted }: { limit: number; wanted: number }) => {
      if (isDown) throw new Error("gone");
      return { limit: Math.max(limit, wanted), target: Math.max(limit, wanted) };
    },
    leave: () => undefined,
    close: () => undefined,
  };
  const index = new MemoryStoreIndex({ maxBytes: MAX_BYTES, budget, clock: clock.now, timers: clock.timers });
  const storage = new IndexedCacheStorage(index, new MemoryStoreOpener());
  const warnings: string[] = [];
  storage.on("warning", ({ message }) => warnings.push(message));
  for (let i = 0; i < 20; i++) await storage.put({ storeId: "s", key: `/c/${i}` }, counted(VALUE));
  expect(index.usage().bytes).toBeGreaterThan(10_000);
  isDown = true;
  for (let i = 0; i < 4; i++) {
    clock.advance(1000);
    await storage.idle();
  }
  expect(warnings).toEqual([expect.stringMatching(/common budget of memory cannot be reached \(gone\)/)]);
  expect(index.usage().bytes).toBe(0);
  await storage.close();
});
