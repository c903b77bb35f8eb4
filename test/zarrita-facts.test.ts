import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";
import { fixture } from "./support/data-sets.ts";
import { recording } from "./support/recording-source.ts";

/**
 * What the stores of zarrita do that a cache between them and an array must not make worse: each test first shows
 * the behaviour, so that it says so when zarrita changes.
 */

function cached(source: ConstructorParameters<typeof CachedStore>[0]): CachedStore {
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "64 MB" }),
    new MemoryStoreOpener(),
  );
  onTestFinished(() => storage.close());
  return new CachedStore(source, "data", storage);
}

describe("a view of a larger buffer", () => {
  const metadata = {
    zarr_format: 3,
    node_type: "array",
    shape: [8],
    data_type: "uint8",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [4] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: 0,
    codecs: [{ name: "bytes" }],
    attributes: {},
  };

  /** A writable source whose chunks are views of one buffer of 32 bytes. */
  function viewingSource() {
    const buffer = Uint8Array.from({ length: 32 }, (_, index) => index);
    const values = new Map<string, Uint8Array>([
      ["/zarr.json", new TextEncoder().encode(JSON.stringify(metadata))],
      ["/c/0", buffer.subarray(4, 8)],
      ["/c/1", buffer.subarray(8, 12)],
    ]);
    return {
      values,
      get: async (key: string) => values.get(key),
      set: async (key: string, value: Uint8Array) => void values.set(key, value),
    };
  }

  async function writeOneValue(store: zarr.AsyncReadable & zarr.AsyncWritable): Promise<void> {
    const array = await zarr.open.v3(store, { kind: "array" });
    await zarr.set(array, [zarr.slice(0, 1)], { data: Uint8Array.of(99), shape: [1], stride: [1] });
  }

  it("makes zarrita write the whole buffer when part of a chunk is set", async () => {
    const source = viewingSource();
    await writeOneValue(source);
    expect(source.values.get("/c/0")).toHaveLength(32);
  });

  it.each(["first read", "read again"])("does not come out of the cache: %s", async (when) => {
    const source = viewingSource();
    const store = cached(source);
    if (when === "read again") {
      await store.get("/c/0");
      await store.idle();
    }
    await writeOneValue(store);
    expect(source.values.get("/c/0")).toEqual(Uint8Array.of(99, 5, 6, 7));
    expect(await store.get("/c/0")).toEqual(Uint8Array.of(99, 5, 6, 7));
    expect(await store.get("/c/1")).toEqual(Uint8Array.of(8, 9, 10, 11));
  });
});

describe("FileSystemStore", () => {
  const { open } = fixture("coads_blosc.zarr");
  const key = "/SST/0.0.0";

  it("pads a range past the end, and an over-long suffix, with zeros", async () => {
    const size = (await open().get(key))?.length ?? 0;
    expect(await open().getRange(key, { offset: size - 4, length: 8 })).toHaveLength(8);
    expect(await open().getRange(key, { suffixLength: size + 4 })).toHaveLength(size + 4);
  });

  it("is clipped at the end through the cache once the whole value is there", async () => {
    const store = cached(open());
    const value = (await store.get(key)) ?? new Uint8Array();
    const size = value.length;
    await store.idle();
    expect(await store.getRange(key, { offset: size - 4, length: 8 })).toEqual(value.slice(-4));
    expect(await store.getRange(key, { suffixLength: size + 4 })).toEqual(value);
    expect(await store.getRange(key, { offset: size + 4, length: 8 })).toHaveLength(0);
  });

  it("does not get a padded tail into the whole value", async () => {
    const store = cached(open());
    const size = (await open().get(key))?.length ?? 0;
    await store.getRange(key, { suffixLength: size + 4 });
    await store.idle();
    expect(Buffer.from((await store.get(key)) ?? [])).toEqual(await open().get(key));
  });

  it("hands out Buffers, whose slices are views; what comes through the cache is the reader's own", async () => {
    const view = await open().get(key);
    expect(view?.slice(0, 4).buffer).toBe(view?.buffer);

    const store = cached(open());
    for (let round = 0; round < 2; round++) {
      for (const value of [await store.get(key), await store.getRange(key, { offset: 4, length: 8 })]) {
        expect(value?.slice(0, 4).buffer, "a slice is a copy").not.toBe(value?.buffer);
        expect(value?.byteOffset).toBe(0);
        expect(value?.buffer.byteLength).toBe(value?.byteLength);
      }
      await store.idle();
    }
  });
});

describe("FetchStore", () => {
  const body = Uint8Array.from({ length: 100 }, (_, index) => index);

  /** A server that knows no ranges: it answers 200 with everything. */
  async function serverWithoutRanges(): Promise<{ url: string; requests: string[] }> {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.headers.range ?? "all"}`);
      response.setHeader("content-length", body.length).end(request.method === "HEAD" ? undefined : body);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
  }

  it("answers the whole body for a range where the server ignores ranges", async () => {
    const { url } = await serverWithoutRanges();
    expect(await new zarr.FetchStore(url).getRange("/c/0", { offset: 10, length: 5 })).toEqual(body);
  });

  it("answers the range through the cache, or fails, but never the whole body", async () => {
    const { url } = await serverWithoutRanges();
    const store = cached(new zarr.FetchStore(url));
    for (let round = 0; round < 2; round++) {
      const [answer] = await Promise.allSettled([store.getRange("/c/0", { offset: 10, length: 5 })]);
      if (answer.status === "fulfilled") expect(answer.value).toEqual(body.slice(10, 15));
      await store.idle();
    }
    expect(await store.get("/c/0")).toEqual(body);
    expect(await store.getRange("/c/0", { offset: 10, length: 5 })).toEqual(body.slice(10, 15));
  });

  it("answers the whole body for a range of no bytes; through the cache it is empty, without a request", async () => {
    const { url, requests } = await serverWithoutRanges();
    expect(await new zarr.FetchStore(url).getRange("/c/0", { offset: 10, length: 0 })).toEqual(body);
    requests.length = 0;
    const store = cached(new zarr.FetchStore(url));
    expect(await store.getRange("/c/0", { offset: 10, length: 0 })).toEqual(new Uint8Array());
    expect(await store.getRange("/c/0", { suffixLength: 0 })).toEqual(new Uint8Array());
    expect(requests).toEqual([]);
  });
});

describe("zarr.open on a new store object", () => {
  it("asks for the missing keys of version 2 first, which the cache answers the next time", async () => {
    const source = recording(fixture("navy_winds_sharded_v3.zarr").open());
    const storage = new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener());
    onTestFinished(() => storage.close());
    const openArray = async (): Promise<void> => {
      const store = new CachedStore(source, "data", storage);
      await zarr.open(zarr.root(store).resolve("UWND"), { kind: "array" });
      await store.idle();
    };
    await openArray();
    expect(source.reads).toEqual(["/UWND/.zattrs", "/UWND/.zarray", "/UWND/zarr.json"]);
    await openArray();
    expect(source.reads).toHaveLength(3);
  });
});
