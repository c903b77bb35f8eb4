import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { type ObjectCannedACL, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import {
  CachedStore,
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type Source,
} from "zarr-cache";
import { S3Source, type S3SourceOptions } from "zarr-cache/s3";
import * as zarr from "zarrita";
import { hashValues } from "../support/checksums.ts";
import { fixture } from "../support/data-sets.ts";
import { startRadosgw } from "../support/radosgw.ts";
import { testBucket } from "../support/s3-bucket.ts";
import { configOf, givenS3Server, type S3Server, startFauxqs } from "../support/s3-server.ts";

const radosgw = givenS3Server() ?? (await startRadosgw());
const servers: Record<string, S3Server> = { fauxqs: await startFauxqs(), ...(radosgw && { radosgw }) };
afterAll(() => Promise.all(Object.values(servers).map((server) => server.stop())));

if (radosgw === undefined)
  it.skip("S3Source on radosgw: needs Debian, or S3_ENDPOINT with S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY");

const VALUE = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 0xff);

type Ask = (source: S3Source, signal?: AbortSignal) => Promise<unknown> | undefined;

/** What can be asked beside values, and the method of the request that asks it. */
const QUESTIONS: readonly (readonly [what: string, method: string, ask: Ask])[] = [
  ["has", "HEAD", (source, signal) => source.has("/a", signal && { signal })],
  ["list", "GET", (source, signal) => source.list("/", signal && { signal })],
  ["getSize", "GET", (source, signal) => source.getSize("/", signal && { signal })],
  [
    "keys",
    "GET",
    async (source, signal) => {
      for await (const key of source.keys("/", signal && { signal })) return key;
      return undefined;
    },
  ],
];

/** A bucket with a source below `data/a.zarr` of it, through a proxy, and a way to write behind its back. */
async function open(server: S3Server, options: S3SourceOptions = {}) {
  const bucket = await testBucket(server);
  const clientConfig = configOf(server, bucket.proxy.endpoint);
  const source = new S3Source(`s3://${bucket.name}/data/a.zarr/`, {
    clientConfig,
    random: () => 0,
    ...options,
  });
  onTestFinished(() => source.close());
  const put = (key: string, body: Uint8Array, more: { CacheControl?: string; ACL?: ObjectCannedACL } = {}) =>
    bucket.client.send(
      new PutObjectCommand({ Bucket: bucket.name, Key: `data/a.zarr${key}`, Body: body, ...more }),
    );
  return { ...bucket, source, put };
}

describe.each(Object.entries(servers))("S3Source on %s", (serverName, server) => {
  it("reads values whole and in part, clipped as HTTP clips", async () => {
    const { source, put } = await open(server);
    await put("/t/c/0", VALUE);
    expect(await source.get("/t/c/0")).toEqual(VALUE);
    expect(await source.getRange("/t/c/0", { offset: 10, length: 20 })).toEqual(VALUE.slice(10, 30));
    expect(await source.getRange("/t/c/0", { offset: 990, length: 20 })).toEqual(VALUE.slice(990));
    expect(await source.getRange("/t/c/0", { suffixLength: 16 })).toEqual(VALUE.slice(-16));
    expect(await source.getRange("/t/c/0", { suffixLength: 5000 })).toEqual(VALUE);
    expect(await source.getRange("/t/c/0", { offset: 1000, length: 1 })).toEqual(new Uint8Array(0));
    expect(await source.getRange("/t/c/0", { offset: 3, length: 0 })).toEqual(new Uint8Array(0));
    for (const value of [await source.get("/t/c/0"), await source.getRange("/t/c/0", { suffixLength: 16 })])
      expect([value?.byteOffset, value?.byteLength]).toEqual([0, value?.buffer.byteLength]);
  });

  it("reads a value of no bytes as one", async () => {
    const { source, put } = await open(server);
    await put("/empty", new Uint8Array(0));
    expect(await source.get("/empty")).toEqual(new Uint8Array(0));
    expect(await source.getRange("/empty", { suffixLength: 16 })).toEqual(new Uint8Array(0));
    expect(await source.getRange("/empty", { offset: 0, length: 4 })).toEqual(new Uint8Array(0));
  });

  it("has nothing for a key without an object, and rejects for a bucket that is none", async () => {
    const { source } = await open(server);
    expect(await source.get("/nothing")).toBeUndefined();
    expect(await source.getRange("/nothing", { suffixLength: 16 })).toBeUndefined();
    expect(await source.read("/nothing")).toMatchObject({ status: "missing" });
    expect(await source.has("/nothing")).toBe(false);
    const elsewhere = new S3Source(`s3://none-${randomUUID()}`, { clientConfig: configOf(server) });
    onTestFinished(() => elsewhere.close());
    await expect(elsewhere.get("/a")).rejects.toMatchObject({ tag: "SourceError", status: 404, key: "/a" });
  });

  it("tells size, version, lifetime and cost of what it read", async () => {
    let now = 0;
    const { source, put } = await open(server, { clock: () => (now += 5) });
    const { ETag } = await put("/a", VALUE, { CacheControl: "max-age=60, immutable" });
    // fauxqs forgets the header.
    const lifetime = serverName === "fauxqs" ? {} : { freshness: { freshFor: 60_000, immutable: true } };
    const facts = { size: 1000, validator: ETag, cost: 10, ...lifetime };
    expect(await source.read("/a")).toMatchObject({ status: "value", value: VALUE, ...facts });
    expect(await source.read("/a", { range: { offset: 1, length: 2 } })).toMatchObject(facts);
    expect(await source.read("/a", { range: { suffixLength: 3 } })).toMatchObject(facts);
  });

  it("brings no bytes of a copy that still holds, and those of one that does not", async () => {
    const { source, put, proxy } = await open(server);
    const { ETag: first = "" } = await put("/a", VALUE);
    expect(await source.read("/a", { ifNoneMatch: first })).toMatchObject({
      status: "unchanged",
      validator: first,
    });
    const other = VALUE.slice(1);
    const { ETag: second } = await put("/a", other);
    expect(await source.read("/a", { ifNoneMatch: first })).toMatchObject({
      status: "value",
      value: other,
      validator: second,
    });
    expect(proxy.requests.filter((it) => it.startsWith("GET"))).toHaveLength(2);
  });

  it("rejects parts of another version than was asked for", async () => {
    const { source, put } = await open(server);
    const { ETag: first = "" } = await put("/a", VALUE);
    const { ETag: second = "" } = await put("/a", VALUE.slice(1));
    for (const range of [undefined, { offset: 1, length: 2 }, { suffixLength: 2 }])
      await expect(source.read("/a", { ifMatch: first, ...(range && { range }) })).rejects.toMatchObject({
        tag: "SourceChangedError",
        key: "/a",
        expected: first,
      });
    expect(await source.read("/a", { ifMatch: second })).toMatchObject({ status: "value" });
  });

  it("gives no chunk of a shard that has changed since its index was read, until that is read anew", async () => {
    const { source, put } = await open(server);
    await put("/a", VALUE);
    const begin = { offset: 0, length: 4 };
    const getRange = source.getRange.bind(source);
    await getRange("/a", { suffixLength: 16 });
    expect(await source.getRange("/a", begin)).toEqual(VALUE.slice(0, 4));
    const other = VALUE.slice().fill(1);
    await put("/a", other);
    await expect(source.getRange("/a", begin)).rejects.toMatchObject({ tag: "SourceChangedError" });
    await source.getRange("/a", { suffixLength: 16 });
    expect(await source.getRange("/a", begin)).toEqual(other.slice(0, 4));
    // Who has read the old index himself has not read the new one.
    await expect(getRange("/a", begin)).rejects.toMatchObject({ tag: "SourceChangedError" });
    await getRange("/a", { suffixLength: 16 });
    expect(await getRange("/a", begin)).toEqual(other.slice(0, 4));
  });

  it("lists what is below it and nothing else", async () => {
    const { source, put, client, name } = await open(server);
    for (const key of ["/zarr.json", "/t/zarr.json", "/t/c/0", "/t/c/1", "/tx/c/0", "/t/", "/t//odd"])
      await put(key, VALUE.slice(0, key.length));
    await client.send(new PutObjectCommand({ Bucket: name, Key: "data/a.zarr2/zarr.json", Body: VALUE }));
    const keys = async (prefix?: string) => {
      const found: string[] = [];
      for await (const key of source.keys(prefix)) found.push(key);
      return found.sort();
    };
    expect(await keys()).toEqual(["/t/c/0", "/t/c/1", "/t/zarr.json", "/tx/c/0", "/zarr.json"]);
    expect(await keys("/t")).toEqual(["/t/c/0", "/t/c/1", "/t/zarr.json"]);
    expect(await keys("/t/c/")).toEqual(["/t/c/0", "/t/c/1"]);
    expect(await keys("/zarr.json")).toEqual(["/zarr.json"]);
    expect((await source.list()).sort()).toEqual(["/t/", "/tx/", "/zarr.json"]);
    expect((await source.list("/t")).sort()).toEqual(["/t/c/", "/t/zarr.json"]);
    expect(await source.list("/none")).toEqual([]);
    expect(await source.getSize()).toBe(6 + 6 + 12 + 7 + 10);
    expect(await source.getSize("/t/c/")).toBe(12);
    expect([await source.has("/t/c/0"), await source.has("/t/c/2"), await source.has("/t")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("writes and deletes only where it may", async () => {
    const { name, proxy, source } = await open(server);
    expect([source.set, source.delete]).toEqual([undefined, undefined]);
    const writable = new S3Source(`s3://${name}/data/a.zarr`, {
      clientConfig: configOf(server, proxy.endpoint),
      writable: true,
    });
    onTestFinished(() => writable.close());
    await writable.set?.("/a", VALUE);
    expect(await source.get("/a")).toEqual(VALUE);
    await writable.delete?.("/a");
    expect(await source.get("/a")).toBeUndefined();
  });

  it("reads public objects without credentials", async () => {
    const { source, put, name } = await open(server);
    await put("/a", VALUE, { ACL: "public-read" });
    const { endpoint, forcePathStyle } = configOf(server);
    const unsigned = new S3Source(`s3://${name}/data/a.zarr`, {
      clientConfig: { endpoint, forcePathStyle },
      unsigned: true,
    });
    onTestFinished(() => unsigned.close());
    expect(await unsigned.get("/a")).toEqual(VALUE);
    expect(unsigned.identity).toBe(`s3://${name}/data/a.zarr at ${endpoint}`);
    expect(source.identity).toMatch(/^s3:\/\/test-[-\w]+\/data\/a\.zarr at http:/);
  });

  it("is read by zarrita through a cache, each part once", async () => {
    const { source, put, proxy } = await open(server);
    const data = fixture("coads_blosc.zarr");
    for (const file of await readdir(data.directory, { recursive: true, withFileTypes: true }))
      if (file.isFile()) {
        const path = join(file.parentPath, file.name);
        await put(`/${relative(data.directory, path)}`, await readFile(path));
      }
    const storage = new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener());
    onTestFinished(() => storage.close());
    const store = new CachedStore(source satisfies Source, "coads", storage);
    for (let round = 0; round < 2; round++)
      for (const [path, { sha256 }] of Object.entries(data.arrays)) {
        const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
        expect(hashValues(await zarr.get(array)), path).toBe(sha256);
      }
    const reads = proxy.requests.filter((it) => it.startsWith("GET"));
    expect(reads.length).toBeGreaterThan(5);
    expect(reads).toEqual([...new Set(reads)]);
  });
});

describe("a bucket that misbehaves", () => {
  const server = servers["fauxqs"] as S3Server;

  it.each([
    ["throttles", { status: 503, code: "SlowDown" }],
    ["breaks the connection", "reset"],
    ["breaks off", "truncate"],
  ] as const)("and %s is asked again", async (_, fault) => {
    const { source, put, proxy } = await open(server);
    await put("/a", VALUE);
    proxy.strike(fault, "GET", 2);
    expect(await source.get("/a")).toEqual(VALUE);
    expect(proxy.requests.filter((it) => it.startsWith("GET"))).toHaveLength(3);
  });

  it("is not asked for ever, and the error names key, place and number of attempts", async () => {
    const { source, put, proxy, name } = await open(server, { retries: 3 });
    await put("/a", VALUE);
    proxy.strike({ status: 503, code: "SlowDown" }, "GET");
    await expect(source.get("/a")).rejects.toMatchObject({
      tag: "SourceError",
      status: 503,
      key: "/a",
      url: `s3://${name}/data/a.zarr/a`,
      attempts: 4,
    });
  });

  it("and asks to be left alone for long is not asked again", async () => {
    const { source, put, proxy } = await open(server);
    await put("/a", VALUE);
    proxy.strike({ status: 503, code: "SlowDown", headers: { "retry-after": "3600" } }, "GET");
    await expect(source.get("/a")).rejects.toMatchObject({ tag: "SourceError", status: 503, attempts: 1 });
  });

  it("and refuses what is written is an error of the bucket", async () => {
    const { source, proxy } = await open(server, { writable: true });
    proxy.strike({ status: 403, code: "AccessDenied" });
    const refused = { tag: "BucketError", status: 403 };
    await expect(source.set?.("/a", VALUE)).rejects.toMatchObject(refused);
    await expect(source.delete?.("/a")).rejects.toMatchObject(refused);
  });

  it("and sends part of a range as if it were all is not believed", async () => {
    const { source, put, proxy } = await open(server, { retries: 1 });
    await put("/a", VALUE);
    proxy.strike("shorten", "GET");
    await expect(source.getRange("/a", { offset: 0, length: 100 })).rejects.toMatchObject({
      tag: "SourceError",
      attempts: 2,
    });
  });

  it("and ignores ranges gives the whole, of which the range is cut", async () => {
    const { source, put, proxy } = await open(server);
    await put("/a", VALUE);
    proxy.strike("ignoreRange", "GET");
    expect(await source.read("/a", { range: { offset: 5, length: 3 } })).toMatchObject({
      value: VALUE.slice(5, 8),
      whole: VALUE,
    });
  });

  it("and refuses is an error, unless that is said to mean that there is nothing", async () => {
    const refused = async (options?: S3SourceOptions) => {
      const { source, proxy } = await open(server, options);
      proxy.strike({ status: 403, code: "AccessDenied" });
      return source;
    };
    const strict = await refused();
    await expect(strict.get("/a")).rejects.toThrow(/permission is denied.*unsigned.*missing/);
    await expect(strict.has("/a")).rejects.toMatchObject({ tag: "SourceError", status: 403 });
    const lenient = await refused({ missing: [403, 404] });
    expect(await lenient.get("/a")).toBeUndefined();
    expect(await lenient.has("/a")).toBe(false);
  });

  it("never makes a missing key of keys that are not accepted", async () => {
    const { source, proxy } = await open(server, { missing: [403, 404] });
    proxy.strike({ status: 403, code: "SignatureDoesNotMatch" });
    await expect(source.get("/a")).rejects.toThrow(/credentials are not accepted/);
  });

  it.each([
    ["<html>Sign in</html>", "a page of HTML"],
    ["<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", "XML"],
    ["CDF\x01", "a NetCDF file"],
    ['{"error":"none"}', String.raw`the JSON "{\"error\":\"none\"}"`],
  ])("and has %j in place of metadata is no Zarr store", async (body, found) => {
    const { source, put } = await open(server);
    await put("/zarr.json", new TextEncoder().encode(body));
    await expect(source.get("/zarr.json")).rejects.toMatchObject({
      tag: "NotZarrError",
      key: "/zarr.json",
      found,
      expected: 'a JSON object with "zarr_format"',
    });
  });

  it("loses the request of a reader who has left", async () => {
    const { source, put, proxy } = await open(server);
    await put("/a", VALUE);
    proxy.strike("hang", "GET");
    const leaving = new AbortController();
    const reading = source.get("/a", { signal: leaving.signal });
    await expect.poll(() => proxy.requests.length).toBe(1);
    leaving.abort(new Error("left"));
    await expect(reading).rejects.toThrow("left");
    await expect(source.get("/a", { signal: leaving.signal })).rejects.toThrow("left");
    expect(proxy.requests).toHaveLength(1);
  });

  it.each(QUESTIONS)("is not waited for by %s whose reader has left", async (_, method, ask) => {
    const { source, put, proxy } = await open(server);
    await put("/a", VALUE);
    await ask(source);
    proxy.strike("hang", method);
    const before = proxy.requests.length;
    const leaving = new AbortController();
    const asking = ask(source, leaving.signal);
    await expect.poll(() => proxy.requests.length).toBe(before + 1);
    leaving.abort(new Error("left"));
    await expect(asking).rejects.toThrow("left");
    await expect.poll(() => proxy.inFlight).toBe(0);
    await expect(ask(source, leaving.signal)).rejects.toThrow("left");
    expect(proxy.requests).toHaveLength(before + 1);
  });

  it.each<readonly [what: string, method: string, ask: Ask]>([
    ["get", "GET", (source) => source.get("/a")],
    ...QUESTIONS,
    ["set", "PUT", (source) => source.set?.("/a", VALUE)],
    ["delete", "POST", (source) => source.delete?.("/a")],
  ])("and says nothing to %s is asked again, and not for ever", async (what, method, ask) => {
    const { source, proxy } = await open(server, { writable: true, timeout: 100, retries: 1 });
    proxy.strike("hang", method);
    await expect(ask(source)).rejects.toMatchObject({
      tag: what === "set" || what === "delete" ? "BucketError" : "SourceError",
      message: expect.stringContaining("does not answer"),
    });
    expect(proxy.requests.filter((it) => it.startsWith(method))).toHaveLength(2);
    await expect.poll(() => proxy.inFlight).toBe(0);
  });

  it("whose value is longer than allowed is not read", async () => {
    const { source, put } = await open(server, { maxBytes: 999 });
    await put("/a", VALUE);
    await expect(source.get("/a")).rejects.toThrow(/1000 bytes.*999.*maxBytes/);
  });
});
