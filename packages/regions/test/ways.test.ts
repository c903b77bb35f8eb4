import { expect, test } from "vitest";
import type { PartOperation } from "../src/storage/part-operation.ts";
import { PricedWays } from "../src/storage/priced-ways.ts";
import { parseRegionalOptions } from "../src/storage/regional-options.ts";
import { type Way, Ways } from "../src/storage/ways.ts";

const PART = { storeId: "data", key: "/c/0" };
const STORED = { medium: "s3", token: "0123456789abcdef0123", size: 1000, checksum: 1 };
const OPERATION: PartOperation = {
  clock: 1,
  region: "iad",
  id: "a",
  seen: {},
  part: "data\n/c/0\n",
  size: 1000,
  crc32: 1,
  askedAt: 0,
  cost: 10_000,
  stored: STORED,
};
const BUCKET = { medium: "s3", read: () => Promise.resolve(undefined) };
const MEMBER = { region: "iad", id: "1", url: "http://iad.example" };

function ways(
  buckets: Readonly<Record<string, typeof BUCKET>>,
  members: readonly (typeof MEMBER)[] = [MEMBER],
) {
  return new Ways({ members: () => members, settings: { buckets, token: undefined, fetch } });
}

const kinds = (found: readonly Way[]) => found.map(({ kind }) => kind);

test("a region is reached by a member that is there, and by a bucket that was given of it", () => {
  expect(kinds(ways({ iad: BUCKET }).to(PART, OPERATION))).toEqual(["http", "bucket"]);
  expect(kinds(ways({ iad: BUCKET }, []).to(PART, OPERATION))).toEqual(["bucket"]);
  expect(kinds(ways({ sin: BUCKET }).to(PART, OPERATION))).toEqual(["http"]);
  expect(kinds(ways({}, []).to(PART, OPERATION))).toEqual([]);
});

test.each([
  ["nothing", undefined],
  ["no object", null],
  ["no token", { ...STORED, token: "../../secrets" }],
  ["a token that is no text", { ...STORED, token: 7 }],
  ["another size", { ...STORED, size: 5 }],
  ["no checksum", { ...STORED, checksum: "1" }],
  ["another medium", { ...STORED, medium: "disk" }],
  ["a location that is no name", { ...STORED, location: "https://elsewhere.example/" }],
])("an announcement that names %s in a bucket is not followed there", (_, stored) => {
  const operation = { ...OPERATION, stored } as PartOperation;
  expect(kinds(ways({ iad: BUCKET }).to(PART, operation))).toEqual(["http"]);
});

test("the way that was faster is the cheaper one, and each is measured for itself", () => {
  const priced = new PricedWays(ways({ iad: BUCKET }));
  const cheapest = () => priced.to(PART, [OPERATION])[0]?.way as Way;
  for (let n = 0; n < 5; n++) priced.measured(cheapest(), 1000, cheapest().kind === "http" ? 300 : 20);
  expect(cheapest().kind).toBe("bucket");
  priced.failed(cheapest(), 10_000);
  expect(cheapest().kind).toBe("http");
});

test("a way that was slow, or failed, is measured again behind the reads, and used once it is not", async () => {
  let now = 0;
  let probes = 0;
  let isThere = false;
  const way: Way = {
    kind: "http",
    region: "iad",
    fetch: () => Promise.resolve(undefined),
    probe: async () => {
      probes++;
      if (!isThere) throw new Error("away");
    },
  };
  const priced = new PricedWays({ to: () => [way] }, () => now);
  const cost = () => priced.to(PART, [OPERATION])[0]?.milliseconds ?? 0;
  const first = cost();
  await priced.idle();
  expect(cost()).toBeGreaterThan(first);
  // It is not asked again with each read.
  for (let n = 0; n < 10; n++) cost();
  await priced.idle();
  expect(probes).toBe(1);
  isThere = true;
  now += 60_000;
  cost();
  await priced.idle();
  expect(probes).toBe(2);
  expect(cost()).toBeLessThan(first);
});

test.each([
  ["a name that is none", { "Not a name": BUCKET }],
  ["an address", { iad: "s3://bucket/{store_id}.zarr" }],
])("buckets by %s are refused", (_, buckets) => {
  const options = { region: "fra", nats: "nats://127.0.0.1:4222", buckets } as object;
  expect(() => parseRegionalOptions(options)).toThrow(/"buckets\./);
});
