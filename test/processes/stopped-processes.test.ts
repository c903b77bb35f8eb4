import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { filesUnder } from "./support/directory-size.ts";
import { makeOrigin } from "./support/origin.ts";
import { startWorker, type Worker } from "./support/start-worker.ts";
import type { Moment } from "./support/strike.ts";
import { until } from "./support/until.ts";

const INDEX = { maxBytes: 50e6, lockAge: 200 };

/** Reads keys that are not cached until one of them stays, without waiting for a breaker's time to pass. */
async function expectFills(worker: Worker, keys: readonly string[]): Promise<void> {
  let next = 0;
  await until(async () => {
    const key = keys[next++ % keys.length] as string;
    await worker.call("skipAhead", 10_000);
    await worker.call("get", key);
    await worker.call("idle");
    return worker.call("has", key);
  });
}

describe("a process that is stopped inside a transaction, with the write lock of the index", () => {
  it.each<["goes on" | "is killed"]>([["goes on"], ["is killed"]])(
    "does not hang the others, and fills resume when it %s",
    async (end) => {
      const origin = makeOrigin(60, 10_000);
      const keys = [...origin.values.keys()];
      const directory = await temporaryDirectory();
      const holder = await startWorker(origin);
      const other = await startWorker(origin);
      await holder.call("assemble", directory, { index: INDEX });
      await other.call("assemble", directory, { index: INDEX });
      for (const key of keys.slice(0, 20)) await other.call("get", key);
      await other.call("idle");
      const before = origin.reads.length;

      await holder.call("stopInTransaction");
      const held = holder.call("get", "/c/59");
      await holder.stopped();

      for (const key of keys.slice(0, 20)) expect(await other.call("get", key), "what is cached").toBe(1);
      expect(origin.reads, "only the holder asked").toHaveLength(before + 1);
      for (const key of keys.slice(20, 40)) expect(await other.call("get", key), "what is not").toBe(1);
      expect((await other.call("counts")).faults).toBeGreaterThan(0);
      await expect(other.call("invalidate", "/"), "it cannot be told to all").rejects.toThrow(
        "CacheUnavailableError",
      );
      const late = await startWorker(origin);
      await late.call("assemble", directory, { index: INDEX });
      expect((await late.call("counts")).warnings).toEqual([
        expect.stringContaining("write lock another process holds"),
      ]);
      for (const key of keys.slice(0, 8)) expect(await late.call("get", key), "from the source").toBe(1);

      if (end === "goes on") {
        holder.resume();
        expect(await held).toBe(1);
      } else await holder.kill();
      await expectFills(other, keys.slice(40, 55));
      // Nothing is reopened by hand.
      await expectFills(late, keys.slice(55));
      expect(origin.complaints).toEqual([]);
      await other.call("idle");
      await until(async () => (await late.call("usage")).claims === 0);
      await late.call("sweep");
      expect(await late.call("verify")).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });
    },
  );
});

describe("a process that is stopped while it fills", () => {
  it.each<[Moment]>([["claimed"], ["reserved"], ["writing"], ["written"], ["renamed"]])(
    "loses its claim, cannot commit when it goes on, and its bytes are deleted: %s",
    async (moment) => {
      const origin = makeOrigin(4, 100_000);
      const directory = await temporaryDirectory();
      const slow = await startWorker(origin);
      const other = await startWorker(origin);
      await slow.call("assemble", directory, {
        index: INDEX,
        strike: { moment, nth: 1, signal: "SIGSTOP" },
      });
      await other.call("assemble", directory, { index: INDEX });

      const held = slow.call("get", "/c/0");
      await slow.stopped();
      const reads = origin.reads.length;
      const version = origin.change("/c/0");
      expect(await other.call("get", "/c/0"), "the claim has passed on").toBe(version);
      await other.call("idle");
      expect(origin.reads).toHaveLength(reads + 1);
      expect(await other.call("has", "/c/0")).toBe(true);

      slow.resume();
      expect(await held).toBe(moment === "claimed" ? version : 1);
      await slow.call("idle");
      expect((await slow.call("counts")).fills).toBe(0);
      expect(await slow.call("get", "/c/0"), "the other's").toBe(version);
      expect(await other.call("get", "/c/0")).toBe(version);
      const chunks = filesUnder(directory).filter((path) => /\/[0-9a-f]{40}(\.tmp)?$/.test(path));
      expect(chunks, "the bytes of the one entry").toHaveLength(1);
      expect(await other.call("verify")).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });
    },
  );
});
