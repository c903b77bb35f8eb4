import { describe, expect, it } from "vitest";
import { parseCacheLocation } from "../../src/node/cache-location.ts";
import { openCache } from "../../src/node/index.ts";

const SECRET = "hunter2-secret";
const BUCKET = "s3://my_bucket/chunks";
const REDIS = { index: `redis://:${SECRET}@127.0.0.1:1`, maxBytes: "1 MB" };

/** Why a cache cannot be opened so. */
async function refusal(location: unknown, options?: object): Promise<Error> {
  const error: unknown = await openCache(location as string, options as never).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

describe("openCache refuses", () => {
  it.each([
    ["index", BUCKET, { maxBytes: "1 MB" }],
    ["maxBytes", BUCKET, { index: "redis://127.0.0.1:1" }],
    ["minFreeBytes", BUCKET, { ...REDIS, minFreeBytes: 5 }],
    ["namespace", BUCKET, { ...REDIS, namespace: "{a}" }],
    ["policy", BUCKET, { ...REDIS, policy: () => 1 }],
    ["clientConfig", BUCKET, { ...REDIS, clientConfig: SECRET }],
    ["clientConfig", "/nowhere", { clientConfig: { credentials: SECRET } }],
    ["client", "/nowhere", { client: { send() {}, secret: SECRET } }],
    ["namespace", "/nowhere", { namespace: "n" }],
    ["shards", "/nowhere", { shards: 2 }],
    ["coherence", "/nowhere", { coherence: "5s" }],
    ["namespace", "/nowhere", REDIS],
    ["maxBytes", "/nowhere", { index: "redis://127.0.0.1:1", namespace: "n" }],
    ["index", BUCKET, { ...REDIS, index: `memcached://${SECRET}@host` }],
    ["index", "/nowhere", { index: `memcached://${SECRET}@host` }],
    ["index", "/nowhere", { ...REDIS, namespace: "n", index: 5 }],
    ["openCache.clientCofig", BUCKET, { ...REDIS, clientCofig: { secretAccessKey: SECRET } }],
    ["location", `redis://:${SECRET}@127.0.0.1`, {}],
    ["location", `s3://key:${SECRET}@my_bucket/chunks`, REDIS],
    ["location", "", {}],
    ["location", " ", {}],
    ["location", 5, {}],
    ["location", "file:///tmp/%zz", {}],
    ["location", "file://other-machine/tmp", {}],
    ["S3StoreOpener place", "s3://", REDIS],
  ])("%s of %s with %j, without telling secrets", async (option, location, options) => {
    const error = await refusal(location, options);
    expect(error).toMatchObject({ tag: "InvalidOptionError", option });
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(SECRET);
  });
});

describe("a location in a bucket", () => {
  it.each([
    ["s3://b_1/chunks", "s3://b_1/chunks/{store_id}.zarr"],
    ["s3://b_1/", "s3://b_1/{store_id}.zarr"],
    ["s3://b_1/a/{store_id}/x", "s3://b_1/a/{store_id}/x"],
  ])("%s has its stores at %s", (location, pattern) => {
    expect(parseCacheLocation(location)).toMatchObject({ medium: "s3", pattern });
    expect(parseCacheLocation(new URL(location))).toEqual(parseCacheLocation(location));
  });

  it("has a namespace of its own, the same for all who open it", () => {
    const names = ["s3://b_1/chunks", "s3://b_1/chunks/", "s3://b_1/other", "s3://b_2/chunks"].map(
      (location) => (parseCacheLocation(location) as { namespace: string }).namespace,
    );
    expect(names[0]).toBe(names[1]);
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/);
  });
});
