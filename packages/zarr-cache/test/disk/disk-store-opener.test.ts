import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiskStoreOpener, type DiskStoreOpenerOptions } from "zarr-cache/disk";
import { describeStoreOpener } from "../../src/testing/describe-store-opener.ts";
import { newEpoch, newToken } from "../../src/token.ts";

const TOKEN = newToken(newEpoch());
const SEAL = new Uint8Array([1, 2, 3, 4]);
const VALUE = new Uint8Array([5, 6, 7, 8, 9]);

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "disk-opener-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const opener = (options?: DiskStoreOpenerOptions) =>
  new DiskStoreOpener(join(directory, "cache", "{store_id}.zarr"), options);
const fileOf = (token: string, storeId = "a") =>
  join(directory, "cache", `${storeId}.zarr`, token.slice(-1), token);
const collect = async <T>(items: AsyncIterable<T>) => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describeStoreOpener("DiskStoreOpener", {
  describe,
  it,
  async open() {
    const place = await mkdtemp(join(tmpdir(), "disk-opener-suite-"));
    const make = () => new DiskStoreOpener(join(place, "{store_id}"));
    return {
      opener: make(),
      again: async () => make(),
      async truncate(storeId, token) {
        const path = join(place, storeId, token.slice(-1), token);
        await truncate(path, (await stat(path)).size - 1);
      },
      dispose: () => rm(place, { recursive: true, force: true }),
    };
  },
});

describe("the pattern of a DiskStoreOpener", () => {
  it.each(["", "/cache", "/cache/{store_id}/x", "/{store_id}/{store_id}", "/c/{store_id}{store_id}", 7])(
    "refuses %j and says what is allowed",
    (pattern) => {
      expect(() => new DiskStoreOpener(pattern as string)).toThrow(/\{store_id\} once in its last segment/);
    },
  );

  it("takes ~ for the home directory", () => {
    expect(new DiskStoreOpener("~/zc/{store_id}").root).toBe(join(homedir(), "zc"));
  });

  it("refuses unknown options", () => {
    expect(() => opener({ minFree: 1 } as DiskStoreOpenerOptions)).toThrow(/minFree/);
  });
});

describe("files of a DiskStoreOpener", () => {
  it("are named after tokens, for their owner only, and leave nothing unfinished behind", async () => {
    await opener().open("a").set(TOKEN, VALUE, SEAL);
    const { mode, size } = await stat(fileOf(TOKEN));
    expect([mode & 0o777, size]).toEqual([0o600, 9]);
    expect((await stat(join(directory, "cache", "a.zarr"))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(directory, "cache", "a.zarr", TOKEN.slice(-1)))).toEqual([TOKEN]);
  });

  it.each(["../../../etc/passwd", "A".repeat(40), "short", `${TOKEN}/x`])(
    "are never named %j",
    async (name) => {
      await expect(opener().open("a").set(name, VALUE, SEAL)).rejects.toThrow(/token/);
      await expect(opener().open("a").get(name, 1, 0)).rejects.toThrow(/token/);
      expect(() => opener().open("../a")).toThrow(/storeId/);
    },
  );

  it("are read into buffers of exactly their length", async () => {
    const store = opener().open("a");
    await store.set(TOKEN, VALUE, SEAL);
    const read = await store.get(TOKEN, 5, 4);
    expect(read?.value).toEqual(VALUE);
    expect([read?.value.byteOffset, read?.value.buffer.byteLength]).toEqual([0, 5]);
    expect(await store.getRange?.(TOKEN, 3, 4)).toEqual(new Uint8Array([8, 9, 1, 2]));
  });

  it("that are too short or too long are an error, not a value", async () => {
    const store = opener().open("a");
    await store.set(TOKEN, VALUE, SEAL);
    await expect(store.get(TOKEN, 5, 3)).rejects.toMatchObject({ tag: "DamagedBytesError" });
    await expect(store.get(TOKEN, 6, 4)).rejects.toThrow(/9 instead of 10 bytes/);
    await expect(store.getRange?.(TOKEN, 8, 2)).rejects.toThrow(/9 instead of 10 bytes/);
  });

  it("that were being written when a process died are named and deleted", async () => {
    const store = opener().open("a");
    await store.set(TOKEN, VALUE, SEAL);
    fs.renameSync(fileOf(TOKEN), `${fileOf(TOKEN)}.tmp`);
    expect(await store.get(TOKEN, 5, 4)).toBeUndefined();
    expect(await collect(opener().names())).toEqual([{ storeId: "a", token: TOKEN }]);
    await store.delete(TOKEN);
    expect(await collect(opener().names())).toEqual([]);
    await store.delete(TOKEN);
  });

  it("take no more of the disk than their footprints and 18 blocks per store", async () => {
    const cache = opener();
    let charged = 18 * 4096 + 2 * 4096;
    for (let i = 0; i < 500; i++) {
      await cache.open("a").set(newToken(newEpoch()), new Uint8Array(i * 20), SEAL);
      charged += cache.footprint(i * 20, SEAL.byteLength);
    }
    const used = Number(
      execFileSync("du", ["-sB1", join(directory, "cache")])
        .toString()
        .split("\t")[0],
    );
    expect(used).toBeLessThanOrEqual(charged);
    expect(cache.footprint(0, 0)).toBe(0);
  });
});

describe("a directory of somebody else", () => {
  it("is neither written to nor listed", async () => {
    fs.mkdirSync(join(directory, "cache", "a.zarr", TOKEN.slice(-1)), { recursive: true });
    await writeFile(fileOf(TOKEN), "mine");
    const cache = opener();
    await expect(cache.open("a").set(TOKEN, VALUE, SEAL)).rejects.toMatchObject({
      tag: "CacheDirectoryError",
    });
    expect(await collect(cache.names())).toEqual([]);
    expect(fs.readFileSync(fileOf(TOKEN), "utf8")).toBe("mine");
    await rm(join(directory, "cache", "a.zarr"), { recursive: true });
    await cache.open("a").set(TOKEN, VALUE, SEAL);
    expect(await collect(cache.names())).toEqual([{ storeId: "a", token: TOKEN }]);
  });

  it("of a newer format is left alone", async () => {
    fs.mkdirSync(join(directory, "cache"));
    await writeFile(join(directory, "cache", ".zarr-cache"), '{"format":2}');
    await expect(opener().check()).rejects.toMatchObject({ tag: "CacheFormatError", found: 2 });
    await expect(opener().open("a").set(TOKEN, VALUE, SEAL)).rejects.toMatchObject({
      tag: "CacheFormatError",
    });
    expect(await readdir(join(directory, "cache"))).toEqual([".zarr-cache"]);
  });

  it("that is a file is refused with what to do", async () => {
    await writeFile(join(directory, "cache"), "");
    await expect(opener().check()).rejects.toThrow(/is a file; remove the file or choose another directory/);
  });
});

describe("a disk that is full or broken", () => {
  it("refuses what would leave less than minFreeBytes", async () => {
    let bavail = 30;
    let now = 0;
    const cache = opener({
      minFreeBytes: 20 * 4096,
      clock: () => now,
      statfs: async () => ({ bsize: 4096, blocks: 1000, bavail }),
    });
    await cache.open("a").set(TOKEN, new Uint8Array(8 * 4096), undefined);
    bavail = 22;
    const other = newToken(newEpoch());
    await expect(cache.open("a").set(other, new Uint8Array(3 * 4096), undefined)).rejects.toThrow(
      /minFreeBytes/,
    );
    expect(await collect(cache.names())).toHaveLength(1);
    bavail = 100;
    now += 1001;
    await cache.open("a").set(other, new Uint8Array(3 * 4096), undefined);
  });

  it.each(["ENOSPC", "EIO", "EROFS"])("leaves nothing behind on %s and works again after", async (code) => {
    let broken = true;
    const writev = ((
      descriptor: number,
      buffers: NodeJS.ArrayBufferView[],
      done: (e: unknown, n: number) => void,
    ) => {
      if (broken) done(Object.assign(new Error(code), { code }), 0);
      else fs.writev(descriptor, buffers, done);
    }) as typeof fs.writev;
    const store = opener({ files: { ...fs, writev } }).open("a");
    await expect(store.set(TOKEN, VALUE, SEAL)).rejects.toMatchObject({ code });
    expect(fs.existsSync(fileOf(TOKEN)) || fs.existsSync(`${fileOf(TOKEN)}.tmp`)).toBe(false);
    broken = false;
    await store.set(TOKEN, VALUE, SEAL);
    expect((await store.get(TOKEN, 5, 4))?.seal).toEqual(SEAL);
  });

  it("goes on where a write or read stopped short", async () => {
    const writev = ((descriptor: number, buffers: Uint8Array[], done: (e: unknown, n: number) => void) =>
      fs.writev(descriptor, [(buffers[0] as Uint8Array).subarray(0, 2)], done)) as typeof fs.writev;
    const store = opener({ files: { ...fs, writev } }).open("a");
    await store.set(TOKEN, VALUE, SEAL);
    expect(await store.get(TOKEN, 5, 4)).toEqual({ value: VALUE, seal: SEAL });
  });
});
