import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CachedStore } from "zarr-cache";
import { HttpSource } from "zarr-cache/http";
import * as zarr from "zarrita";
import { hashValues } from "../support/checksums.ts";
import { fixture } from "../support/data-sets.ts";
import { ensureDebianPackages } from "../support/debian-package.ts";
import { startNginx } from "../support/nginx.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { SHARED_STORAGES } from "../support/shared-storages.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let isThere = false;
beforeAll(async () => {
  isThere = await ensureDebianPackages("nginx-light");
}, 300_000);

const VALUE = Uint8Array.from({ length: 30_000 }, (_, i) => (i * 31) & 0xff);
const SETTINGS = `gzip on; gzip_types application/json; gzip_min_length 1;
  add_header Cache-Control "max-age=60, stale-while-revalidate=5";`;

/** nginx over a directory with one chunk and one document. */
async function served() {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, "c"));
  await writeFile(join(directory, "c/0"), VALUE);
  await writeFile(join(directory, "zarr.json"), JSON.stringify({ zarr_format: 3, text: "x".repeat(2000) }));
  const url = await startNginx(directory, SETTINGS);
  if (url === undefined) throw new Error("nginx has gone");
  return { directory, source: new HttpSource(url) };
}

describe("nginx", () => {
  it("tells size, version and lifetime", async (test) => {
    test.skip(!isThere, "nginx cannot be installed here");
    const { source } = await served();
    const answer = await source.read("/c/0");
    expect(answer).toMatchObject({
      status: "value",
      value: VALUE,
      size: 30_000,
      validator: expect.stringMatching(/^"[0-9a-f]+-[0-9a-f]+"$/),
      freshness: { freshFor: 60_000, staleWhileRevalidate: 5000 },
    });
    expect(answer.freshness?.age).toBeLessThan(2000);
    expect(await source.read("/c/0", { ifNoneMatch: answer.validator ?? "" })).toMatchObject({
      status: "unchanged",
    });
    expect(await source.read("/c/1")).toMatchObject({ status: "missing" });
  });

  it("answers ranges of every kind", async (test) => {
    test.skip(!isThere, "nginx cannot be installed here");
    const { source } = await served();
    expect(await source.getRange("/c/0", { offset: 1000, length: 7_000 })).toEqual(VALUE.slice(1000, 8_000));
    expect(await source.getRange("/c/0", { offset: 29_999, length: 9 })).toEqual(VALUE.slice(-1));
    expect(await source.getRange("/c/0", { offset: 30_000, length: 9 })).toEqual(new Uint8Array());
    expect(await source.getRange("/c/0", { suffixLength: 68 })).toEqual(VALUE.slice(-68));
    expect(await source.getRange("/c/0", { suffixLength: 999_999 })).toEqual(VALUE);
    expect(await source.getRange("/c/1", { suffixLength: 68 })).toBeUndefined();
  });

  it("compresses metadata on their way, which makes their version weak", async (test) => {
    test.skip(!isThere, "nginx cannot be installed here");
    const { source } = await served();
    const answer = await source.read("/zarr.json");
    expect(answer).toMatchObject({ status: "value", validator: expect.stringMatching(/^W\//) });
    expect(await source.read("/zarr.json", { ifNoneMatch: answer.validator ?? "" })).toMatchObject({
      status: "unchanged",
    });
  });

  it("shows that a value has changed", async (test) => {
    test.skip(!isThere, "nginx cannot be installed here");
    const { source, directory } = await served();
    await source.getRange("/c/0", { suffixLength: 68 });
    await writeFile(join(directory, "c/0"), VALUE.toReversed());
    await utimes(join(directory, "c/0"), 1, 1);
    await expect(source.getRange("/c/0", { offset: 0, length: 9 })).rejects.toMatchObject({
      tag: "SourceChangedError",
    });
    await source.getRange("/c/0", { suffixLength: 68 });
    expect(await source.getRange("/c/0", { offset: 0, length: 9 })).toEqual(VALUE.toReversed().slice(0, 9));
  });
});

describe.runIf(await hasRedisServer()).each(Object.entries(SHARED_STORAGES))(
  "nginx behind %s",
  (_, start) => {
    it.for(["coads_blosc.zarr", "navy_winds_sharded_v3.zarr"])(
      "serves %s to zarrita, and is not asked by the next process",
      async (name, test) => {
        test.skip(!isThere, "nginx cannot be installed here");
        const data = fixture(name);
        const url = (await startNginx(data.directory)) ?? "";
        const openStorage = await start();
        for (const isFirst of [true, false]) {
          const storage = await openStorage();
          onTestFinished(() => storage.close());
          const store = new CachedStore(new HttpSource(url), "s", storage);
          for (const [path, { sha256 }] of Object.entries(data.arrays)) {
            const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
            expect(hashValues(await zarr.get(array)), path).toBe(sha256);
          }
          await store.idle();
          expect(store.stats().source.reads > 0).toBe(isFirst);
        }
      },
    );
  },
);
