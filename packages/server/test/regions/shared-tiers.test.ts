import { expect, test } from "vitest";
import { sharedTiersOf } from "../../src/regions/shared-tiers.ts";

const bucket = { location: "s3://bucket/cache", index: "redis://user:one@redis.example:6379/1" };

test("a bucket and its index are the same tiers on every machine, whatever the password", () => {
  const name = sharedTiersOf(bucket, "a");
  expect(name).toBeDefined();
  expect(sharedTiersOf({ ...bucket, index: "redis://user:two@redis.example:6379/1" }, "b")).toBe(name);
});

test("another bucket, index, database or namespace is another one", () => {
  const others = [
    bucket,
    { ...bucket, location: "s3://bucket/other" },
    { ...bucket, s3: { endpoint: "https://s3.example" } },
    { ...bucket, index: "redis://other.example:6379/1" },
    { ...bucket, index: "redis://redis.example:6379/2" },
    { ...bucket, namespace: "other" },
  ];
  expect(new Set(others.map((cache) => sharedTiersOf(cache, "a"))).size).toBe(others.length);
});

test.each(["redis://localhost:6379", "redis://127.0.0.1", "rediss://[::1]:6379", "unix:/run/redis.sock"])(
  "an index at %s is another one on each machine",
  (index) => {
    const [one, again, other] = ["a", "a", "b"].map((machine) =>
      sharedTiersOf({ ...bucket, index }, machine),
    );
    expect(one).toBe(again);
    expect(one).not.toBe(other);
  },
);

test("a directory is shared with nobody", () => {
  expect(sharedTiersOf({ location: "/var/cache" }, "a")).toBeUndefined();
  expect(sharedTiersOf({ location: "/var/cache", index: bucket.index }, "a")).toBeUndefined();
});
