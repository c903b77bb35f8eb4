import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openCache } from "zarr-cache/node";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { directorySize, filesUnder } from "./support/directory-size.ts";
import { makeOrigin, type Origin } from "./support/origin.ts";
import { randomNumbers } from "./support/random-numbers.ts";
import { startWorker } from "./support/start-worker.ts";
import type { Moment, Strike } from "./support/strike.ts";
import { readTally, type Tally } from "./support/tally.ts";
import { until } from "./support/until.ts";
import { versionOf } from "./support/values.ts";

const LOCK_AGE = 200;
/** 328 kills in all: 12 moments, at any time, and those whose claims are counted. */
const KILLS_PER_MOMENT = 14;
const RANDOM_KILLS = 140;
const COUNTED_KILLS = 20;
/** Processes that work, and die, at the same time. */
const SLOTS = 2;

const MOMENTS: readonly Moment[] = [
  "claimed",
  "reserved",
  "writing",
  "written",
  "renamed",
  "committed",
  "condemned",
  "deleted",
  "freed",
  "intent opened",
  "source written",
  "intent closed",
];
/** Of these, the moments between reserve and commit. */
const WRITING: readonly Moment[] = ["reserved", "writing", "written", "renamed"];

/** A directory, what is read through it, and how much it may hold. */
interface Scene {
  readonly directory: string;
  /** Where the dead tell what they were at. */
  readonly tallies: string;
  readonly origin: Origin;
  readonly maxBytes: number;
  /** Whether keys are written and invalidated besides being read. */
  readonly writes: boolean;
}

/** How one process dies: at a moment, or once so many milliseconds have passed. */
type Death = Strike | { readonly after: number };

async function makeScene(count: number, bytes: number, maxBytes: number, writes: boolean): Promise<Scene> {
  const [directory, tallies] = await Promise.all([temporaryDirectory(), temporaryDirectory()]);
  return { directory, tallies, origin: makeOrigin(count, bytes), maxBytes, writes };
}

/** Lets a process work until it is dead; tells what it was at. */
async function workToDeath(scene: Scene, slot: number, death: Death, seed: number): Promise<Tally> {
  const { directory, origin, maxBytes, writes } = scene;
  const worker = await startWorker(origin);
  const keys = [...origin.values.keys()];
  const tally = join(scene.tallies, String(slot));
  const work = async (): Promise<unknown> => {
    await worker.call("assemble", directory, {
      index: { maxBytes, lockAge: LOCK_AGE },
      memory: 1e6,
      tally,
      ...("moment" in death && { strike: death }),
    });
    const own = writes ? keys.filter((_, i) => i % SLOTS === slot) : [];
    return worker.call("churn", { keys, own, readers: 6, seed });
  };
  const working = work().catch(() => {});
  if ("after" in death) {
    // The one place where time decides, since no moment is to be chosen.
    await pause(death.after);
    await worker.kill();
  }
  await working;
  expect(await worker.ended, "it died as it was to").toEqual({ code: null, signal: "SIGKILL" });
  return readTally(tally);
}

/** Kills so many processes, two at a time, while a third lives and reads; returns what each was at. */
async function killMany(scene: Scene, kills: number, deathOf: (n: number) => Death): Promise<Tally[]> {
  const { directory, origin, maxBytes } = scene;
  const witness = await startWorker(origin);
  await witness.call("open", directory, { maxBytes, memory: "1 MB", lockAge: LOCK_AGE });
  const watching = witness.call("churn", { keys: [...origin.values.keys()], own: [], readers: 2, seed: 99 });
  const tallies: Tally[] = [];
  let next = 0;
  const slot = async (place: number): Promise<void> => {
    while (next < kills) {
      const n = next++;
      tallies.push(await workToDeath(scene, place, deathOf(n), n));
    }
  };
  await Promise.all(Array.from({ length: SLOTS }, (_, place) => slot(place)));
  await witness.call("endChurn");
  const { slowest, steps } = await watching;
  // Nobody renews a dead process's claim, so a read waits for it no longer than its age, with some time for the rest.
  expect(slowest, "the longest wait of one that lives").toBeLessThan(LOCK_AGE + 5000);
  expect(steps).toBeGreaterThan(kills);
  await witness.call("close");
  expect(tallies).toHaveLength(kills);
  return tallies;
}

/** What must hold in the directory that the dead have left. */
async function expectSound({ directory, origin, maxBytes }: Scene): Promise<void> {
  expect(origin.complaints).toEqual([]);
  const cache = await openCache(directory, { maxBytes, memory: false, lockAge: LOCK_AGE });
  const store = cache.wrap(
    {
      identity: "the origin",
      get: () => {
        throw new Error("Only what is cached is read here");
      },
    },
    "data",
  );
  // All that anybody held has expired: claims, and reservations that were revoked while their owner wrote.
  await until(async () => {
    await cache.sweep();
    const { claims, bytes } = await cache.usage();
    const { entries } = await cache.entries({ limit: 10_000 });
    return claims === 0 && bytes === entries.reduce((sum, { charge }) => sum + charge, 0);
  });
  expect((await cache.sweep()).orphans, "bytes exist only while they are charged").toBe(0);
  expect(await cache.verify()).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });
  const usage = await cache.usage();
  expect(usage.bytes).toBeLessThanOrEqual(maxBytes);
  expect(usage.condemnedBytes).toBe(0);
  expect(directorySize(directory)).toBeLessThanOrEqual(maxBytes);

  const { entries } = await cache.entries({ limit: 10_000 });
  for (const { key } of entries) {
    const value = await store.get(key as `/`);
    expect(value && versionOf(key, value), key).toBe(origin.values.get(key)?.version);
  }
  expect(usage.bytes, "what is charged is the entries").toBe(
    entries.reduce((sum, { charge }) => sum + charge, 0),
  );
  const files = filesUnder(directory).filter((path) => !/(^|\/)\.zarr-cache$/.test(path));
  expect(files).toHaveLength(entries.filter(({ missing }) => !missing).length + 2);
  await cache.close();
}

describe("processes that are killed", () => {
  it.each(MOMENTS)("leave nothing behind that matters: %s", async (moment) => {
    const scene = await makeScene(120, 180_000, 12e6, true);
    const tallies = await killMany(scene, KILLS_PER_MOMENT, (n) => ({
      moment,
      nth: 1 + (n % 5),
      signal: "SIGKILL",
    }));
    if (WRITING.includes(moment))
      for (const { writes } of tallies) expect(writes, "a write was under way").toBeGreaterThan(0);
    await expectSound(scene);
  });

  it("leave nothing behind that matters: at any time", async () => {
    const random = randomNumbers(7);
    const scene = await makeScene(120, 180_000, 12e6, true);
    const tallies = await killMany(scene, RANDOM_KILLS, () => ({ after: 120 + 200 * random() }));
    const midWrite = tallies.filter(({ writes }) => writes > 0).length;
    expect(midWrite, "kills between reserve and commit").toBeGreaterThan(0);
    await expectSound(scene);
  });

  it("cost one more read of the source for each claim that they held", async () => {
    const random = randomNumbers(8);
    const scene = await makeScene(4000, 4000, 100e6, false);
    const tallies = await killMany(scene, COUNTED_KILLS, () => ({ after: 150 + 200 * random() }));
    const lost = tallies.reduce((sum, { claims }) => sum + claims, 0);
    const { reads } = scene.origin;
    expect(lost, "claims that were lost").toBeGreaterThan(0);
    expect(reads.length - new Set(reads).size).toBeLessThanOrEqual(lost);
    await expectSound(scene);
  });
});
