import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { filesUnder } from "./support/directory-size.ts";
import { makeOrigin, type Origin } from "./support/origin.ts";
import { randomNumbers } from "./support/random-numbers.ts";
import { startWorker, startWorkers } from "./support/start-worker.ts";
import { checksumOf, makeValue } from "./support/values.ts";

const INDEX = { maxBytes: 50e6 };

/** What becomes of an index: by what happens to its files. */
const LOSSES: Readonly<Record<string, { warnings: number; lose(index: string): Promise<void> }>> = {
  "its files are deleted": { warnings: 0, lose: (index) => rm(index, { recursive: true }) },
  "its data file is deleted": { warnings: 0, lose: (index) => rm(join(index, "data.mdb")) },
  "its data file is empty": { warnings: 0, lose: (index) => truncate(join(index, "data.mdb"), 0) },
  "its data file is garbage": {
    warnings: 1,
    lose: (index) => writeFile(join(index, "data.mdb"), Buffer.alloc(300_000, 0xa5)),
  },
  "its data file ends in its first page": {
    warnings: 1,
    lose: (index) => truncate(join(index, "data.mdb"), 1000),
  },
  "its data file ends in its second page": {
    warnings: 1,
    lose: (index) => truncate(join(index, "data.mdb"), 5000),
  },
  "half of its data file is cut off": {
    warnings: 1,
    lose: (index) => truncate(join(index, "data.mdb"), 40 * 4096),
  },
};

const readsOf = (origin: Origin) => [...origin.values.keys()].map((key) => ({ key }));

function checksumsOf(origin: Origin): Record<string, readonly string[]> {
  return Object.fromEntries(
    [...origin.values].map(([key, { version, size }]) => [key, [checksumOf(makeValue(key, version, size))]]),
  );
}

/** The names of all files with cached bytes. */
function chunksIn(directory: string): string[] {
  return filesUnder(directory).filter((path) => /\/[0-9a-f]{40}(\.tmp)?$/.test(path));
}

/** A directory with 300 values in it, which nobody has open. */
async function makeFullDirectory(origin: Origin): Promise<string> {
  const directory = await temporaryDirectory();
  const worker = await startWorker(origin);
  await worker.call("assemble", directory, { index: INDEX });
  await worker.call("readAll", readsOf(origin), 8, 1);
  await worker.call("close");
  await worker.kill();
  expect(chunksIn(directory)).toHaveLength(origin.values.size);
  return directory;
}

describe("a full directory whose index is lost", () => {
  it.each(Object.entries(LOSSES))(
    "is empty before anything is admitted, and no read fails: %s",
    async (_, { lose, warnings }) => {
      const origin = makeOrigin(300, 5_000);
      const directory = await makeFullDirectory(origin);
      const old = new Set(chunksIn(directory));
      await lose(join(directory, "index"));

      const worker = await startWorker(origin);
      await worker.call("assemble", directory, {
        index: INDEX,
        strike: { moment: "reserved", nth: 1, signal: "SIGSTOP" },
      });
      const reading = worker.call("readAll", readsOf(origin), 8, 2);
      await worker.stopped();
      expect(
        chunksIn(directory).filter((path) => old.has(path)),
        "old bytes at the first admission",
      ).toEqual([]);
      worker.resume();
      expect(await reading).toEqual(checksumsOf(origin));
      await worker.call("idle");
      const counts = await worker.call("counts");
      expect(counts).toMatchObject({ faults: 0, fills: origin.values.size });
      expect(counts.warnings).toHaveLength(warnings);
      expect(await worker.call("verify")).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });
    },
  );

  it("is begun anew once, by whichever of several processes comes first", async () => {
    const origin = makeOrigin(300, 5_000);
    const directory = await makeFullDirectory(origin);
    await LOSSES["its data file is garbage"]?.lose(join(directory, "index"));
    const workers = await startWorkers(origin, 4);
    await Promise.all(workers.map((worker) => worker.call("assemble", directory, { index: INDEX })));
    const answers = await Promise.all(
      workers.map((worker, i) => worker.call("readAll", readsOf(origin), 4, 100 * i)),
    );
    for (const answer of answers) expect(answer).toEqual(checksumsOf(origin));
    for (const worker of workers) await worker.call("idle");
    const counts = await Promise.all(workers.map((worker) => worker.call("counts")));
    expect(counts.flatMap((count) => count.warnings)).toHaveLength(1);
    expect(await workers[0]?.call("verify")).toMatchObject({
      lost: 0,
      corrupt: 0,
      orphans: 0,
      accounting: [],
    });
    expect(chunksIn(directory)).toHaveLength(origin.values.size);
  });

  it("stays a cache wherever more than a few pages of its data file are cut off", async () => {
    const origin = makeOrigin(100, 2_000);
    const random = randomNumbers(13);
    for (let round = 0; round < 8; round++) {
      const directory = await makeFullDirectory(origin);
      await truncate(join(directory, "index", "data.mdb"), Math.floor(random() * 100_000));
      const worker = await startWorker(origin);
      await worker.call("assemble", directory, { index: INDEX });
      expect(await worker.call("readAll", readsOf(origin), 4, round)).toEqual(checksumsOf(origin));
      await worker.call("idle");
      expect(await worker.call("verify")).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });
      await worker.kill();
    }
  });
});
