import { inspect } from "node:util";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex } from "zarr-cache";
import { S3StoreOpener, type S3StoreOpenerOptions } from "zarr-cache/s3";
import { checkInvariants, countingSource, fakeClock } from "zarr-cache/testing";
import { type TestBucket, testBucket } from "../support/s3-bucket.ts";
import { configOf, startFauxqs } from "../support/s3-server.ts";

const server = await startFauxqs();
afterAll(() => server.stop());

const TOKEN = `0123456789abcdef${"1".repeat(24)}`;
const VALUE = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) & 0xff);
const SEAL = new Uint8Array(24).fill(9);
/** Attempts follow each other at once. */
const AT_ONCE: S3StoreOpenerOptions = { random: () => 0 };

/** A bucket with one object, and a store to read it. */
async function oneObject(options: S3StoreOpenerOptions = {}) {
  const bucket = await testBucket(server);
  const store = bucket.opener({ ...AT_ONCE, ...options }).open("a");
  await store.set(TOKEN, VALUE, SEAL);
  const get = () => store.get(TOKEN, VALUE.byteLength, SEAL.byteLength);
  return { ...bucket, store, get };
}

/** A cached store over a bucket, which holds `/a`. */
async function cachedOverBucket(bucket: TestBucket, options?: S3StoreOpenerOptions) {
  const storage = new IndexedCacheStorage(new MemoryStoreIndex(), bucket.opener({ ...AT_ONCE, ...options }));
  onTestFinished(() => storage.close());
  const source = countingSource({
    get: async () => VALUE.slice(),
    getRange: async () => new Uint8Array(0),
  });
  const store = new CachedStore(source, "s", storage);
  await store.get("/a");
  await store.idle();
  return { storage, source, store };
}

describe("requests that fail for a passing reason", () => {
  it.each([
    ["503 SlowDown", { status: 503, code: "SlowDown" }],
    ["500", { status: 500, code: "InternalError" }],
    ["429", { status: 429, code: "TooManyRequests" }],
    ["a broken connection", "reset"],
    ["a body that breaks off", "truncate"],
  ] as const)("are sent again after %s", async (_, fault) => {
    const { get, proxy } = await oneObject();
    proxy.strike(fault, "GET", 2);
    expect((await get())?.value).toEqual(VALUE);
    expect(proxy.requests.filter((it) => it.startsWith("GET"))).toHaveLength(3);
  });

  it("are not sent for ever", async () => {
    const { get, proxy } = await oneObject({ retries: 4 });
    proxy.strike({ status: 503, code: "SlowDown" }, "GET");
    await expect(get()).rejects.toMatchObject({ tag: "BucketError", status: 503, code: "SlowDown" });
    expect(proxy.requests.filter((it) => it.startsWith("GET"))).toHaveLength(5);
  });

  it.each(["set", "delete"] as const)("%s", async (operation) => {
    const { store, proxy } = await oneObject();
    const method = operation === "set" ? "PUT" : "POST";
    proxy.strike({ status: 503, code: "SlowDown" }, method, 1);
    await (operation === "set" ? store.set(`${TOKEN}2`, VALUE, SEAL) : store.delete(TOKEN));
    expect(await store.get(TOKEN, VALUE.byteLength, 24)).toEqual(
      operation === "set" ? { value: VALUE, seal: SEAL } : undefined,
    );
  });
});

describe("a server that is slow", () => {
  it.each(["hang", "hangMidBody"] as const)("loses the request after its timeout (%s)", async (fault) => {
    const clock = fakeClock();
    const { get, proxy } = await oneObject({
      timers: clock.timers,
      timeout: 1000,
      deadline: 2500,
      retries: 9,
    });
    proxy.strike(fault, "GET");
    const seen = () => proxy.requests.filter((it) => it.startsWith("GET")).length;
    const reading = get();
    const rejected = expect(reading).rejects.toMatchObject({ tag: "BucketError", code: "DeadlineError" });
    for (const attempts of [1, 2, 3]) {
      await expect.poll(seen).toBe(attempts);
      clock.advance(attempts === 3 ? 500 : 1000);
      if (attempts === 3) break;
      // The pause between attempts is a timer too, of no time.
      const afterPause = () => {
        clock.advance(0);
        return seen();
      };
      await expect.poll(afterPause).toBe(attempts + 1);
    }
    await rejected;
    expect(seen()).toBe(3);
    expect(clock.pending).toBe(0);
  });
});

describe("answers that are not what was asked for", () => {
  it("are refused when they are shorter than what was written", async () => {
    const { get, proxy } = await oneObject();
    proxy.strike("shorten", "GET");
    await expect(get()).rejects.toThrow(/100000 instead of 200000 bytes/);
  });

  it("are refused when a server ignores Range", async () => {
    const { store, proxy } = await oneObject();
    proxy.strike("ignoreRange", "GET");
    await expect(store.getRange?.(TOKEN, 10, 20)).rejects.toThrow(/whole instead of in part/);
  });

  it("are found by their checksums, quarantined and fetched again", async () => {
    const bucket = await testBucket(server);
    const { store, source, storage } = await cachedOverBucket(bucket);
    bucket.proxy.strike("flipBit", "GET", 1);
    expect(await store.get("/a")).toEqual(VALUE);
    await store.idle();
    expect(source.requests).toHaveLength(2);
    expect(store.stats().tiers[0]?.corrupt).toBe(1);
    expect(await store.getRange("/a", { offset: 100_000, length: 10 })).toEqual(
      VALUE.slice(100_000, 100_010),
    );
    expect(source.requests).toHaveLength(2);
    await checkInvariants(storage);
  });

  it("never reach a reader: the source answers", async () => {
    const bucket = await testBucket(server);
    const { store, source } = await cachedOverBucket(bucket, { retries: 0 });
    for (const fault of ["shorten", "truncate", "reset", { status: 403, code: "AccessDenied" }] as const) {
      const stop = bucket.proxy.strike(fault);
      expect(await store.get("/a")).toEqual(VALUE);
      stop();
    }
    expect(source.requests).toHaveLength(5);
  });
});

describe("a range of a cached value", () => {
  it("is one request that brings frames and seal", async () => {
    const bucket = await testBucket(server);
    const { store } = await cachedOverBucket(bucket);
    const before = bucket.proxy.requests.length;
    expect(await store.getRange("/a", { offset: 70_000, length: 10 })).toEqual(VALUE.slice(70_000, 70_010));
    expect(bucket.proxy.requests.slice(before)).toEqual([
      expect.stringMatching(/^GET \/.*\?x-id=GetObject bytes=65536-131071$/),
    ]);
  });
});

describe("deletes", () => {
  it("travel together, and one that fails is that key's alone", async () => {
    const { store, client, name, keyOf, proxy } = await oneObject();
    const tokens = Array.from({ length: 50 }, (_, i) => `0123456789abcdef${String(i).padStart(24, "0")}`);
    await Promise.all(tokens.map((token) => store.set(token, VALUE.subarray(0, 10), SEAL)));
    const failing = keyOf("a", tokens[7] ?? "");
    proxy.answer(
      "POST",
      `<DeleteResult><Error><Key>${failing}</Key><Code>InternalError</Code></Error></DeleteResult>`,
    );
    const before = proxy.requests.length;
    const outcomes = await Promise.allSettled(tokens.map((token) => store.delete(token)));
    expect(proxy.requests.slice(before)).toEqual([`POST /${name}/?delete=`]);
    expect(outcomes.flatMap(({ status }, i) => (status === "rejected" ? [i] : []))).toEqual([7]);
    expect(outcomes[7]).toMatchObject({ reason: { tag: "BucketError", code: "InternalError" } });
    client.destroy();
  });

  it("are one request for a thousand names", async () => {
    const clock = fakeClock();
    const { store, proxy } = await oneObject({ timers: clock.timers });
    const before = proxy.requests.length;
    const deleting = Array.from({ length: 1500 }, (_, i) =>
      store.delete(`0123456789abcdef${String(i).padStart(24, "0")}`),
    );
    await expect.poll(() => proxy.requests.length - before).toBe(1);
    clock.advance(5);
    await Promise.all(deleting);
    expect(proxy.requests).toHaveLength(before + 2);
  });

  it("that overtake the write of their name leave it for a sweep", async () => {
    const bucket = await testBucket(server);
    const { storage, store } = await cachedOverBucket(bucket);
    const late = `0123456789abcdef${"2".repeat(24)}`;
    const bytes = bucket.opener().open("s");
    await bytes.delete(late);
    await bytes.set(late, VALUE, SEAL);
    expect(await store.get("/a")).toEqual(VALUE);
    expect((await storage.sweep()).orphans).toBe(1);
    await checkInvariants(storage);
  });
});

describe("names", () => {
  it("are listed page by page, and those of others are left out", async () => {
    const { client, name, opener, keyOf } = await testBucket(server);
    const put = (Key: string) =>
      client.send(new PutObjectCommand({ Bucket: name, Key, Body: new Uint8Array(1) }));
    const tokens = Array.from({ length: 1200 }, (_, i) => `0123456789abcdef${String(i).padStart(24, "0")}`);
    await Promise.all(tokens.map((token) => put(keyOf("a.b", token))));
    const others = [
      "cache/a.zarr/zarr.json",
      "cache/a.zarr/c/0/0",
      `cache/a.zarr/00/${TOKEN}`,
      "cache/x",
      "y",
    ];
    await Promise.all([...others, `other/a.zarr/11/${TOKEN}`].map(put));
    const found: string[] = [];
    for await (const { storeId, token } of opener().names()) found.push(`${storeId} ${token}`);
    expect(found.sort()).toEqual(tokens.map((token) => `a.b ${token}`));
  });
});

describe("reads and writes at once", () => {
  it("are bounded, and readers go before writers", async () => {
    const { store, get, proxy } = await oneObject({ concurrency: 4 });
    const release = proxy.hold("PUT");
    const writing = Array.from({ length: 20 }, (_, i) => store.set(TOKEN + i, VALUE, SEAL));
    await expect.poll(() => proxy.requests.filter((it) => it.startsWith("PUT")).length).toBe(3);
    expect((await Promise.all(Array.from({ length: 10 }, get))).every((it) => it?.value.byteLength)).toBe(
      true,
    );
    expect(
      proxy.requests.filter((it) => it.startsWith("PUT")),
      "one is the object, two wait",
    ).toHaveLength(3);
    release();
    await Promise.all(writing);
    expect(proxy.maxInFlight).toBeLessThanOrEqual(4);
  });
});

describe("a bucket that cannot be used", () => {
  const secretAccessKey = "a-very-secret-key";
  const credentials = { accessKeyId: "who", secretAccessKey, sessionToken: "a-very-secret-token" };

  it("says so when it is missing, and what to do", async () => {
    const { opener } = await testBucket(server);
    await expect(opener().check()).resolves.toBeUndefined();
    const clientConfig = { ...configOf(server), credentials };
    const missing = new S3StoreOpener("s3://no-such-bucket/{store_id}", { clientConfig });
    const error = await missing.check().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ tag: "BucketError", bucket: "no-such-bucket", status: 404 });
    expect(String(error)).toMatch(/"no-such-bucket": there is no such bucket .* create it/);
    await expect(missing.open("a").get(TOKEN, 1, 0)).rejects.toThrow(/no such bucket/);
    await missing.close();
  });

  it("names the endpoint that does not answer, without what is secret in it", async () => {
    const clientConfig = { ...configOf(server, "http://u:a-very-secret-pass@127.0.0.1:9/"), credentials };
    const nowhere = new S3StoreOpener("s3://bucket/{store_id}", { clientConfig, retries: 0 });
    const error = await nowhere.check().catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/ECONNREFUSED.*check the endpoint http:\/\/127\.0\.0\.1:9/);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("a-very-secret");
    await nowhere.close();
  });

  it.each([
    [403, "AccessDenied", /permission is denied.*s3:ListBucket/],
    [403, "InvalidAccessKeyId", /credentials are not accepted/],
    [301, "PermanentRedirect", /another region.*clientConfig\.region/],
  ])("tells what a %i %s means, and never takes it for a missing value", async (status, code, message) => {
    const { store, proxy } = await oneObject();
    proxy.strike({ status, code }, "GET");
    await expect(store.get(`${TOKEN}9`, 1, 0)).rejects.toThrow(message);
  });

  it("does not open a tier", async () => {
    const clientConfig = configOf(server);
    const storage = new IndexedCacheStorage(
      new MemoryStoreIndex(),
      new S3StoreOpener("s3://no-such-bucket/{store_id}", { clientConfig }),
    );
    await expect(storage.open()).rejects.toMatchObject({ tag: "BucketError" });
    await storage.close();
  });
});
