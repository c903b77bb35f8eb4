import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { HttpSource } from "zarr-cache/http";
import * as zarr from "zarrita";
import { ensureDebianPackages } from "../support/debian-package.ts";
import { startNginx } from "../support/nginx.ts";
import { type Scripted, scriptedOrigin } from "../support/scripted-origin.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let isThere = false;
beforeAll(async () => {
  isThere = await ensureDebianPackages("nginx-light");
}, 300_000);

function open(url: string): CachedStore {
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "1 MB" }),
    new MemoryStoreOpener(),
  );
  onTestFinished(() => storage.close());
  return new CachedStore(new HttpSource(url), "s", storage);
}

const bytes = (codes: string) => Uint8Array.from(codes, (code) => code.charCodeAt(0));
const EXPECTED = 'a JSON object with "zarr_format"';

describe("a server that answers everything with", () => {
  it.each<[what: string, answer: Scripted, found: string]>([
    [
      "JSON that is no metadata",
      { headers: { "content-type": "application/json" }, body: '{"detail":"Not Found"}' },
      String.raw`the JSON "{\"detail\":\"Not Found\"}"`,
    ],
    [
      "a listing in JSON",
      { headers: { "content-type": "application/json" }, body: '[{"name":"t2m"}]' },
      String.raw`the text "[{\"name\":\"t2m\"}]"`,
    ],
    [
      "a page",
      { headers: { "content-type": "text/html; charset=utf-8" }, body: "<h1>Welcome</h1>" },
      "a page of HTML",
    ],
    ["a page that does not say so", { body: "<!doctype html><title>Index of /</title>" }, "a page of HTML"],
    ["the error document of a bucket", { body: "<?xml version='1.0'?><Error/>" }, "XML"],
    ["nothing", { body: "" }, "an empty document"],
    ["a NetCDF file", { body: bytes("CDF\x01\0\0\0\0") }, "a NetCDF file"],
    ["an HDF5 file", { body: bytes("\x89HDF\r\n\x1a\n\0") }, "an HDF5 or NetCDF-4 file"],
    ["a GRIB file", { body: bytes("GRIB\0\0\0\x02") }, "a GRIB file"],
  ])("%s is told from a Zarr store, and nothing of it is kept", async (_, answer, found) => {
    const origin = await scriptedOrigin(() => answer);
    const store = open(origin.url);
    for (let time = 1; time <= 2; time++) {
      for (const opening of [
        zarr.open.v3(zarr.root(store), { kind: "array" }),
        store.warm({ arrays: ["/"] }),
      ])
        await expect(opening).rejects.toMatchObject({
          tag: "NotZarrError",
          url: `${origin.url}/zarr.json`,
          key: "/zarr.json",
          found,
          expected: EXPECTED,
        });
      await store.idle();
      expect((await store.storage.usage()).entries).toBe(0);
    }
  });

  it("404 has no arrays, which is told by name, and asked for once", async () => {
    const origin = await scriptedOrigin(() => ({ status: 404, body: "no such key" }));
    const store = open(origin.url);
    for (let time = 1; time <= 2; time++) {
      await expect(zarr.open.v3(zarr.root(store), { kind: "array" })).rejects.toSatisfy((error) =>
        zarr.isZarritaError(error, "NotFoundError"),
      );
      await expect(store.warm({ arrays: ["t2m"] })).rejects.toMatchObject({
        tag: "InvalidOptionError",
        option: "arrays",
        value: "t2m",
        message: expect.stringContaining("no zarr.json and no .zarray"),
      });
      await store.idle();
    }
    expect(origin.requests.map(({ path }) => path)).toEqual(["/zarr.json", "/t2m/zarr.json", "/t2m/.zarray"]);
  });
});

describe("nginx", () => {
  it("with a list of its files, or a file of another format, is told from a Zarr store", async (test) => {
    test.skip(!isThere, "nginx cannot be installed here");
    const directory = await temporaryDirectory();
    await mkdir(join(directory, "c"));
    await writeFile(join(directory, "data.nc"), bytes("CDF\x01\0\0\0\0"));
    const url =
      (await startNginx(directory, "autoindex on; location = /zarr.json { try_files /data.nc =404; }")) ?? "";
    await expect(open(url).get("/zarr.json")).rejects.toMatchObject({
      tag: "NotZarrError",
      found: "a NetCDF file",
      expected: EXPECTED,
    });
    // The directory of chunks in place of the chunk of an array without dimensions.
    await expect(open(url).get("/c")).rejects.toMatchObject({
      tag: "NotZarrError",
      found: "a page of HTML",
      expected: "the bytes of a chunk",
    });
    // A path below a file is none.
    expect(await open(`${url}/data.nc`).get("/zarr.json")).toBeUndefined();
  });
});
