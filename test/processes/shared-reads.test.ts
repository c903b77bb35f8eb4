import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import type { Read } from "./support/cache-work.ts";
import { makeOrigin, type Origin, readName } from "./support/origin.ts";
import { startWorker, startWorkers } from "./support/start-worker.ts";
import { checksumOf, makeValue } from "./support/values.ts";
import type { WorkerAssembly } from "./support/worker.ts";

/** Deadlines that a busy machine does not reach: a read past a slow index is right, but not what is counted here. */
const PATIENT: WorkerAssembly = {
  index: { maxBytes: 100e6, deadline: "1m", lockAge: "1m" },
  tier: { deadline: "1m" },
  memory: 2e6,
};
const PROCESSES = 4;
const READERS = 16;

/** What every reader must be given. */
function expectedOf(origin: Origin, reads: readonly Read[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    reads.map(({ key, range }) => {
      const held = origin.values.get(key);
      const value = held && makeValue(key, held.version, held.size);
      if (value === undefined || range === undefined) return [readName(key, range), [checksumOf(value)]];
      const { start, end } =
        "suffixLength" in range
          ? { start: value.byteLength - range.suffixLength, end: value.byteLength }
          : { start: range.offset, end: range.offset + range.length };
      return [readName(key, range), [checksumOf(value.subarray(start, end))]];
    }),
  );
}

/**
 * Whole values, inner chunks and indexes of shards, and keys that are not there. Each range is of a shard of its own, since
 * neighbouring ranges of one may come with one request.
 */
function someReads(origin: Origin): Read[] {
  const keys = [...origin.values.keys()];
  const shards = keys.splice(0, 96);
  const missing = Array.from({ length: 24 }, (_, i) => ({ key: `/c/missing/${i}` }));
  const ranges = [
    { suffixLength: 68 },
    { offset: 0, length: 4000 },
    { offset: 4000, length: 4000 },
    { offset: 9001, length: 1 },
  ];
  const inner = shards.flatMap((key, i) =>
    ranges.filter((_, n) => n === i % 4).map((range) => ({ key, range })),
  );
  return [...keys.map((key) => ({ key })), ...inner, ...missing];
}

it("asks the source once for each part that four processes of sixteen readers want at the same time", async () => {
  const origin = makeOrigin(224, 32_000);
  const reads = someReads(origin);
  const expected = expectedOf(origin, reads);
  const directory = await temporaryDirectory();
  const workers = await startWorkers(origin, PROCESSES);
  await Promise.all(workers.map((worker) => worker.call("assemble", directory, PATIENT)));
  const answers = await Promise.all(
    workers.map((worker, i) => worker.call("readAll", reads, READERS, 1000 * i)),
  );
  for (const answer of answers) expect(answer).toEqual(expected);
  expect([...origin.reads].sort(), "each part once, whoever came first").toEqual(
    reads.map(({ key, range }) => readName(key, range)).sort(),
  );
  for (const worker of workers) {
    await worker.call("idle");
    expect(await worker.call("counts")).toMatchObject({ faults: 0, warnings: [] });
  }

  // Whatever they had in memory is gone; what is on the disk is all there.
  await Promise.all(workers.map((worker) => worker.call("close")));
  const later = await startWorker(origin);
  await later.call("open", directory, { maxBytes: "100 MB" });
  expect(await later.call("readAll", reads, READERS, 1)).toEqual(expected);
  expect(origin.reads).toHaveLength(reads.length);
  expect(await later.call("verify")).toEqual({
    checked: 2 * reads.length,
    lost: 0,
    corrupt: 0,
    orphans: 0,
    accounting: [],
    repaired: false,
  });
  await later.call("close");
});
