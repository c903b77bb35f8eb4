import { describe, expect, it } from "vitest";
import { startCluster } from "../cluster/support/cluster.ts";
import { type Child, startChild } from "../processes/support/children.ts";
import { makeOrigin } from "../processes/support/origin.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import type {
  FreshnessPlace,
  FreshnessWorkerCalls,
  FreshnessWorkerOptions,
} from "./support/freshness-worker.ts";
import { type VersionedOrigin, versionedOrigin } from "./support/versioned-origin.ts";

type Worker = Child<FreshnessWorkerCalls>;

const PLACES: Readonly<Record<string, () => Promise<FreshnessPlace>>> = {
  "LMDB and disk": temporaryDirectory,
  "Redis and S3": async () => (await startCluster(makeOrigin(0, 0))).place,
};
const MINUTE = 60_000;
const READERS = 8;
const CHUNKS = ["/a/c/0", "/a/c/1", "/b/c/0"];
const ABSENT = "/b/c/1";
const KEYS = ["/zarr.json", "/a/zarr.json", "/b/zarr.json", ...CHUNKS, ABSENT];
const group = (...arrays: string[]) =>
  JSON.stringify({
    zarr_format: 3,
    node_type: "group",
    consolidated_metadata: {
      metadata: Object.fromEntries(arrays.map((name) => [name, { node_type: "array" }])),
    },
  });
const array = (length: number) => JSON.stringify({ zarr_format: 3, node_type: "array", shape: [length] });
const DATASET: FreshnessWorkerOptions = {
  maxAge: { metadata: MINUTE, data: "dataset", missing: "dataset" },
};

async function dataset(): Promise<VersionedOrigin> {
  return versionedOrigin({
    "/zarr.json": group("a", "b"),
    "/a/zarr.json": array(2),
    "/b/zarr.json": array(2),
    ...Object.fromEntries(CHUNKS.map((key) => [key, `${key} 1`])),
  });
}

/** Starts processes over one place. */
async function start(
  place: FreshnessPlace,
  { url }: VersionedOrigin,
  options: FreshnessWorkerOptions,
  count = 2,
): Promise<Worker[]> {
  const workers = await Promise.all(
    Array.from({ length: count }, () =>
      startChild<FreshnessWorkerCalls>("../../freshness/support/freshness-worker.ts", {}),
    ),
  );
  for (const worker of workers) await worker.call("open", place, url, options);
  return workers;
}

const skip = (workers: readonly Worker[], milliseconds: number) =>
  Promise.all(workers.map((worker) => worker.call("skip", milliseconds)));
const readAll = (workers: readonly Worker[], keys: readonly string[] = KEYS) =>
  Promise.all(workers.map((worker) => worker.call("read", keys, READERS)));

/** Reads everything for the first time, metadata first, as arrays are opened. */
async function fill(workers: readonly Worker[], origin: VersionedOrigin): Promise<void> {
  for (const key of KEYS) await readAll(workers, [key]);
  expect(origin.taken()).toHaveLength(KEYS.length);
}

async function end(workers: readonly Worker[]): Promise<void> {
  for (const worker of workers) {
    expect(await worker.call("faults")).toBe(0);
    await worker.call("close");
  }
}

describe.runIf(await hasRedisServer()).each(Object.entries(PLACES))(
  "two processes over %s",
  (_, makePlace) => {
    it("ask once about each entry that both find past its age, and bring no bytes", async () => {
      const origin = await dataset();
      const workers = await start(await makePlace(), origin, { maxAge: MINUTE });
      await readAll(workers);
      expect(origin.taken()).toHaveLength(KEYS.length);
      const asked = KEYS.map((key) => `${key === ABSENT ? 404 : 304} ${key}`).toSorted();
      for (let round = 0; round < 2; round++) {
        await skip(workers, MINUTE + 1);
        await readAll(workers);
        expect(origin.taken()).toEqual(asked);
      }
      await end(workers);
    });

    it("give what is within staleWhileRevalidate at once, and one of them asks", async () => {
      const origin = await dataset();
      const workers = await start(await makePlace(), origin, {
        maxAge: MINUTE,
        staleWhileRevalidate: MINUTE,
        staleIfError: 2 * MINUTE,
      });
      const [key = ""] = CHUNKS;
      await readAll(workers, [key]);
      origin.taken();
      origin.put(key, "2");
      await skip(workers, MINUTE + 1000);
      expect(await readAll(workers, [key])).toEqual([[`${key} 1`], [`${key} 1`]]);
      // Whoever came second may have come after the answer, and then has the new one.
      expect(await readAll(workers, [key])).toEqual([["2"], ["2"]]);
      expect(origin.taken()).toEqual([`200 ${key}`]);
      await skip(workers, 2 * MINUTE + 1000);
      origin.failWith({ status: 500, body: "down" });
      expect(await readAll(workers, [key])).toEqual([["2"], ["2"]]);
      await skip(workers, MINUTE);
      expect(await readAll(workers, [key])).toEqual(
        [["failed: SourceError"], ["failed: SourceError"]].map(() => [expect.stringContaining("failed")]),
      );
      await end(workers);
    });

    it("give what is past its age as the server allows, which who has not asked it finds in the cache", async () => {
      const origin = await dataset();
      const [asking, other] = await start(await makePlace(), origin, { maxAge: "source" });
      if (asking === undefined || other === undefined) throw new Error("No processes");
      const [lenient = "", strict = ""] = CHUNKS;
      const failed = [expect.stringContaining("failed")];
      origin.say("max-age=60, stale-if-error=600");
      await readAll([asking], [lenient]);
      await skip([asking, other], 2 * MINUTE);
      origin.failWith({ status: 500, body: "down" });
      expect(await readAll([other, asking], [lenient])).toEqual([[`${lenient} 1`], [`${lenient} 1`]]);
      origin.failWith(undefined);
      origin.say("max-age=60, must-revalidate");
      await readAll([asking], [strict]);
      await skip([asking, other], 2 * MINUTE);
      origin.failWith({ status: 500, body: "down" });
      expect(await readAll([other, asking], [strict])).toEqual([failed, failed]);
      await end([asking, other]);
    });

    it("notice a changed dataset by one question, whichever of them asks, and later processes find nothing old", async () => {
      const origin = await dataset();
      const place = await makePlace();
      const workers = await start(place, origin, DATASET);
      await fill(workers, origin);
      await skip(workers, MINUTE + 1);
      await readAll(workers);
      expect(origin.taken()).toEqual(["304 /zarr.json"]);

      origin.put("/zarr.json", group("a", "b", "c"));
      for (const key of [...CHUNKS, ABSENT]) origin.put(key, `${key} 2`);
      expect((await readAll(workers, CHUNKS)).flat()).toEqual(
        [...CHUNKS, ...CHUNKS].map((key) => `${key} 1`),
      );
      await skip(workers, MINUTE + 1);
      const renewed = [...CHUNKS, ABSENT];
      for (const worker of workers)
        expect(await worker.call("read", renewed, READERS)).toEqual(renewed.map((key) => `${key} 2`));
      const answers = origin.taken();
      for (const key of renewed) expect(answers.filter((answer) => answer === `200 ${key}`)).toHaveLength(1);

      // What came before the new metadata were kept is asked about once by itself.
      await readAll(workers);
      await skip(workers, MINUTE + 1);
      await readAll(workers);
      await end(workers);
      const [later] = await start(place, origin, DATASET, 1);
      if (later === undefined) throw new Error("No process");
      origin.taken();
      await later.call("skip", 10 * MINUTE);
      expect(await later.call("read", renewed, READERS)).toEqual(renewed.map((key) => `${key} 2`));
      expect(origin.taken()).toEqual(["304 /zarr.json"]);
      await end([later]);
    });

    it("see what one of them refreshes, and when entries end", async () => {
      const origin = await dataset();
      const [one, other] = await start(await makePlace(), origin, { endsAfter: 10 * MINUTE });
      if (one === undefined || other === undefined) throw new Error("No processes");
      await fill([one, other], origin);
      origin.put("/a/c/0", "2");
      origin.remove("/a/c/1");
      expect(await one.call("refresh", "/")).toEqual({
        checked: 7,
        unchanged: 5,
        changed: 1,
        dropped: 1,
        failed: 0,
      });
      expect(origin.taken()).toHaveLength(KEYS.length);
      expect(await other.call("read", CHUNKS, READERS)).toEqual(["2", undefined, "/b/c/0 1"]);
      expect(origin.taken()).toEqual(["200 /a/c/0", "404 /a/c/1"]);
      const ends = await other.call("ends");
      expect(Object.keys(ends).toSorted()).toEqual(KEYS.toSorted());
      for (const milliseconds of Object.values(ends)) expect(milliseconds).toBeLessThanOrEqual(10 * MINUTE);
      await skip([one, other], 10 * MINUTE);
      await readAll([one, other], ["/a/c/0"]);
      expect(origin.taken()).toEqual(["304 /a/c/0"]);
      await end([one, other]);
    });

    it("have nothing old in memory after a refresh, though another of them has brought the new version", async () => {
      const origin = await dataset();
      const place = await makePlace();
      const [one] = await start(place, origin, {}, 1);
      const [other] = await start(place, origin, { maxAge: MINUTE }, 1);
      if (one === undefined || other === undefined) throw new Error("No processes");
      const [key = ""] = CHUNKS;
      await readAll([one], [key]);
      origin.put(key, "2");
      await skip([one, other], MINUTE + 1);
      expect(await readAll([other, one], [key])).toEqual([["2"], [`${key} 1`]]);
      origin.taken();
      const all = { checked: 1, unchanged: 1, changed: 0, dropped: 0, failed: 0 };
      expect(await one.call("refresh", "/")).toEqual(all);
      expect(await readAll([one], [key])).toEqual([["2"]]);
      expect(origin.taken()).toEqual([`304 ${key}`]);
      await end([one, other]);
    });
  },
);
