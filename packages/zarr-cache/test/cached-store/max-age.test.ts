import { describe, expect, it } from "vitest";
import type { MaxAge } from "../../src/store/max-age.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";
import { passTime } from "../support/pass-time.ts";
import { plainSource } from "../support/plain-source.ts";

/** Whether a value of a key is asked for again after some time. */
async function isFetchedAgain(
  maxAge: MaxAge | undefined,
  key: `/${string}`,
  after: number,
): Promise<boolean> {
  const source = countingSource(plainSource(new Map([[key, counted(4)]])));
  const { store, clock } = cached(source, maxAge === undefined ? {} : { maxAge });
  await store.get(key);
  await store.idle();
  clock.advance(after);
  expect(await store.get(key)).toEqual(counted(4));
  return source.countOf(key) === 2;
}

describe("an entry is fresh exactly at its bound and expired one millisecond past it", () => {
  const metadata = [
    "/zarr.json",
    "/a/.zarray",
    "/a/.zattrs",
    "/.zgroup",
    "/.zmetadata",
    "/a/zarr.json",
  ] as const;
  for (const key of metadata)
    it(`five minutes by default for ${key}`, async () => {
      expect(await isFetchedAgain(undefined, key, 300_000)).toBe(false);
      expect(await isFetchedAgain(undefined, key, 300_001)).toBe(true);
    });

  it("by its class where the ages are given by class", async () => {
    const maxAge = { metadata: "10s", data: "1m" };
    expect(await isFetchedAgain(maxAge, "/a/zarr.json", 10_000)).toBe(false);
    expect(await isFetchedAgain(maxAge, "/a/zarr.json", 10_001)).toBe(true);
    expect(await isFetchedAgain(maxAge, "/a/c/0", 60_000)).toBe(false);
    expect(await isFetchedAgain(maxAge, "/a/c/0", 60_001)).toBe(true);
  });

  it("for every class where one age is given", async () => {
    for (const key of ["/zarr.json", "/c/0"] as const) {
      expect(await isFetchedAgain("1s", key, 1000)).toBe(false);
      expect(await isFetchedAgain("1s", key, 1001)).toBe(true);
    }
  });
});

it("keeps data for ever by default", async () => {
  expect(await isFetchedAgain(undefined, "/a/c/0/0", 100 * 365 * 86_400_000)).toBe(false);
});

it("takes a key for data whose name only resembles that of metadata", async () => {
  for (const key of ["/a/zarr.json.bak", "/a/xzarr.json", "/zarr.jsons", "/a/.zarray/0"] as const)
    expect(await isFetchedAgain(undefined, key, 86_400_000)).toBe(false);
});

it("shares only what is read at the same moment when the age is zero", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(4)]])));
  const { store, clock } = cached(source, { maxAge: 0 });
  await Promise.all([store.get("/a"), store.get("/a")]);
  expect(source.requests).toHaveLength(1);
  clock.advance(1);
  await store.get("/a");
  expect(source.requests).toHaveLength(2);
});

it("takes an entry from the future for stale, since the clock went back", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(4)]])));
  const { store, clock } = cached(source);
  await store.get("/a");
  await store.idle();
  clock.set(clock.now() - 1);
  await store.get("/a");
  expect(source.requests).toHaveLength(2);
});

it("joins no read that began in the future, since the clock went back", async () => {
  const gate = gatedSource();
  const { store, clock } = cached(gate);
  const first = store.get("/a");
  await gate.arrived(0);
  clock.set(clock.now() - 1);
  const second = store.get("/a");
  // It waits for the other's claim for as long as it waits for any.
  await passTime(clock, gate.arrived(1));
  (await gate.arrived(1)).resolve(counted(2));
  expect(await second).toEqual(counted(2));
  gate.reads[0]?.resolve(counted(1));
  expect(await first).toEqual(counted(1));
});

it("counts the age from when the request was sent, not from when it was answered", async () => {
  const values = new Map([["/a", counted(4)]]);
  const { clock, ...rest } = cached(
    {
      get: async (key: string) => {
        const value = values.get(key);
        clock.advance(600);
        return value;
      },
    },
    { maxAge: 1000 },
  );
  await rest.store.get("/a");
  await rest.store.idle();
  values.set("/a", counted(4, 50));
  clock.advance(401);
  expect(await rest.store.get("/a")).toEqual(counted(4, 50));
});

it("does not join a flight that is older than the bound", async () => {
  const values = new Map([["/a", counted(4)]]);
  const answers: (() => void)[] = [];
  const source = {
    get: (key: string) => {
      const value = values.get(key);
      return new Promise<Uint8Array | undefined>((resolve) => answers.push(() => resolve(value)));
    },
  };
  const { store, clock, storage } = cached(source, { maxAge: 1000 });
  await storage.bind("s", undefined);
  const first = store.get("/a");
  while (answers.length < 1) await Promise.resolve();
  values.set("/a", counted(4, 50));
  clock.advance(1001);
  const second = store.get("/a");
  answers[0]?.();
  expect(await first).toEqual(counted(4));
  while (answers.length < 2) await Promise.resolve();
  answers[1]?.();
  expect(await second).toEqual(counted(4, 50));
});
