import { describe, expect, it } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreOpener } from "zarr-cache";
import {
  checkInvariants,
  countingSource,
  deferred,
  fakeClock,
  faultPlan,
  faultyOpener,
} from "zarr-cache/testing";
import { nextTurn } from "../support/event-loop.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { serverOfEachTest } from "./server-of-each-test.ts";

/** Longer than a write is waited for. */
const LOCK_AGE = 60_000;
const DEADLINE = 500;

describe.runIf(await hasRedisServer())(
  "a claim whose bytes are still being written when nobody waits any more",
  () => {
    const test = serverOfEachTest({ maxBytes: "1 MB", deadline: 5000 });

    it("is taken over by a reader of the same process, and what is written late is deleted", async () => {
      const clock = fakeClock();
      const plan = faultPlan();
      const late = deferred<void>();
      plan.add({ kind: "delay", on: "set", times: 1, until: late.promise });
      const index = await test.openIndex({ clock: clock.now, lockAge: LOCK_AGE });
      const opener = new MemoryStoreOpener();
      const storage = new IndexedCacheStorage(index, faultyOpener(opener, plan), {
        timers: clock.timers,
        monotonic: clock.now,
        deadline: DEADLINE,
        fills: "await",
      });
      const faults: string[] = [];
      storage.on("fault", ({ operation }) => faults.push(operation));
      const source = countingSource({ get: async () => new Uint8Array(1000) });
      const store = new CachedStore(source, "s", storage);
      const names = async () => {
        const found: string[] = [];
        for await (const { token } of opener.names()) found.push(token);
        return found;
      };

      const first = store.get("/a");
      while (plan.calls("set") < 1) await nextTurn();
      const { bytes } = await storage.usage();
      clock.advance(20 * DEADLINE);
      expect(await first).toEqual(new Uint8Array(1000));
      expect(faults).toEqual(["fill"]);
      expect((await storage.usage()).bytes, "charged while it may still be written").toBe(bytes);

      expect(await store.get("/a")).toEqual(new Uint8Array(1000));
      expect(plan.calls("set"), "nobody fills beside a claim that lives").toBe(1);
      clock.advance(LOCK_AGE + 1);
      expect(await store.get("/a")).toEqual(new Uint8Array(1000));
      expect(source.requests).toHaveLength(3);
      expect(await store.get("/a")).toEqual(new Uint8Array(1000));
      expect(source.requests, "it is kept").toHaveLength(3);
      const kept = await names();
      expect(kept).toHaveLength(1);

      late.resolve();
      while (plan.inFlight > 0) await nextTurn();
      await storage.idle();
      while ((await names()).length > 1) await nextTurn();
      expect(await names()).toEqual(kept);
      expect((await storage.usage()).bytes).toBe(bytes);
      await checkInvariants(storage);
      await storage.close();
    });
  },
);
