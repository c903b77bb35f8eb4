import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import type { DiskFault } from "./support/faulty-files.ts";
import { makeOrigin, type Origin } from "./support/origin.ts";
import { mountSmallDisk, type SmallDisk } from "./support/small-disk.ts";
import { startWorker, type Worker } from "./support/start-worker.ts";
import { until } from "./support/until.ts";
import { checksumOf, makeValue } from "./support/values.ts";

const INDEX = { maxBytes: 50e6 };
const WRITING = ["open", "writev", "rename", "mkdir", "unlink"] as const;
const FULL: DiskFault = { code: "ENOSPC", on: ["writev"] };
const READ_ONLY: DiskFault = { code: "EROFS", on: WRITING };

const readsOf = (keys: readonly string[]) => keys.map((key) => ({ key }));

function checksumsOf(origin: Origin, keys: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    keys.map((key) => {
      const { version = 0, size = 0 } = origin.values.get(key) ?? {};
      return [key, [checksumOf(makeValue(key, version, size))]];
    }),
  );
}

/** Breaks a disk that a worker uses, sees that reads go on, repairs it, and sees that keys are cached again. */
async function expectToSurvive(
  worker: Worker,
  origin: Origin,
  fault: { begin(): void | Promise<void>; end(): void | Promise<void> },
): Promise<void> {
  const all = [...origin.values.keys()];
  const keys = all.slice(0, 100);
  const cached = keys.slice(0, 20);
  // Nobody queues for a while for a key that could not be kept, so others show first that the disk is well.
  const fresh = all.slice(100);
  await worker.call("readAll", readsOf(cached), 4, 1);
  await worker.call("idle");
  for (const key of cached) expect(await worker.call("has", key)).toBe(true);

  await fault.begin();
  expect(await worker.call("readAll", readsOf(keys), 4, 2)).toEqual(checksumsOf(origin, keys));
  await worker.call("idle");
  expect((await worker.call("counts")).faults, "faults are counted").toBeGreaterThan(0);
  expect(await worker.call("readAll", readsOf(keys), 4, 3)).toEqual(checksumsOf(origin, keys));
  await worker.call("idle");

  await fault.end();
  let next = 0;
  // As if the time of its breakers had passed. Nothing is reopened.
  await until(async () => {
    await worker.call("skipAhead", 10_000);
    const key = fresh[next++ % fresh.length] as string;
    await worker.call("get", key);
    await worker.call("idle");
    return worker.call("has", key);
  });
  await worker.call("skipAhead", 10_000);
  expect(await worker.call("readAll", readsOf(all), 4, 4)).toEqual(checksumsOf(origin, all));
  await worker.call("idle");
  await worker.call("sweep");
  expect(await worker.call("verify")).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });
}

async function startOn(directory: string): Promise<{ readonly origin: Origin; readonly worker: Worker }> {
  const origin = makeOrigin(120, 30_000);
  const worker = await startWorker(origin);
  // Nothing is left free for others, so that it is the disk that says no.
  await worker.call("assemble", directory, { index: INDEX, opener: { minFreeBytes: 0 } });
  return { origin, worker };
}

/** How a disk is broken: a small one itself, or where none can be mounted, the file functions in its stead. */
interface Breakage {
  readonly instead: DiskFault;
  begin(disk: SmallDisk): void;
  end(disk: SmallDisk): void;
}

const IS_FULL = (spare: number): Breakage => ({
  instead: FULL,
  begin: (disk) => disk.fill(spare),
  end: (disk) => disk.empty(),
});
const IS_READ_ONLY: Breakage = {
  instead: READ_ONLY,
  begin: (disk) => disk.setReadOnly(true),
  end: (disk) => disk.setReadOnly(false),
};

describe("reads go on, and the cache is one again afterwards, when the disk", () => {
  it.each<[string, DiskFault]>([
    ["is full", FULL],
    ["is read-only", READ_ONLY],
    ["cannot be written to", { code: "EIO", on: ["writev", "rename"] }],
    ["cannot be read", { code: "EIO", on: ["readv"] }],
    ["can neither be read nor written", { code: "EIO", on: [...WRITING, "readv"] }],
  ])("says that it %s", async (_, fault) => {
    const { origin, worker } = await startOn(await temporaryDirectory());
    await expectToSurvive(worker, origin, {
      begin: () => worker.call("breakDisk", fault),
      end: () => worker.call("breakDisk", undefined),
    });
  });

  it.each<[string, string, Breakage]>([
    ["of the chunks is full", "chunks", IS_FULL(100_000)],
    ["of the chunks is read-only", "chunks", IS_READ_ONLY],
    ["of index and chunks is full", ".", IS_FULL(0)],
  ])("%s", async (_, mounted, { instead, begin, end }) => {
    const directory = join(await temporaryDirectory(), "cache");
    await mkdir(directory);
    const disk = await mountSmallDisk(join(directory, mounted), 16e6);
    const { origin, worker } = await startOn(directory);
    await expectToSurvive(worker, origin, {
      begin: () => (disk ? begin(disk) : worker.call("breakDisk", instead)),
      end: () => (disk ? end(disk) : worker.call("breakDisk", undefined)),
    });
  });
});

it("a directory that is read-only is refused with what to do", async () => {
  const directory = await temporaryDirectory();
  const disk = await mountSmallDisk(directory, 4e6);
  const worker = await startWorker(makeOrigin(1, 100));
  await worker.call("open", directory, { maxBytes: 50e6 });
  await worker.call("close");
  if (disk === undefined)
    return expectRefusal(worker, await placeAFile(), "it, or something above it, is a file");
  disk.setReadOnly(true);
  await expectRefusal(worker, directory, "the file system is read-only; choose another directory");
  // What Node says of a directory that is not there yet depends on its version.
  await expectRefusal(
    worker,
    join(directory, "a", "b"),
    /the file system is read-only|read-only or missing: /,
  );
});

async function expectRefusal(worker: Worker, directory: string, reason: string | RegExp): Promise<void> {
  const refused = worker.call("open", directory, {});
  await expect(refused).rejects.toThrow("cannot be used: ");
  await expect(refused).rejects.toThrow(reason);
}

/** A file where a directory is needed: what can be had without the right to mount. */
async function placeAFile(): Promise<string> {
  const path = join(await temporaryDirectory(), "file");
  await writeFile(path, "");
  return path;
}
