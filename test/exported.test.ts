import { execFileSync } from "node:child_process";
import { mkdir, readdir, truncate } from "node:fs/promises";
import { join } from "node:path";
import FileSystemStore from "@zarrita/storage/fs";
import { describe, expect, it } from "vitest";
import type { CachedStore, ExportTarget, ImportSource } from "zarr-cache";
import { openCache, readTar, tarWriter, zarrDirectory } from "zarr-cache/node";
import * as zarr from "zarrita";
import { hashValues } from "./support/checksums.ts";
import { allDataSets, type DataSet } from "./support/data-sets.ts";
import { temporaryDirectory } from "./support/temporary-directory.ts";

async function openStore(dataSet: DataSet): Promise<CachedStore> {
  const cache = await openCache(await temporaryDirectory(), { maxBytes: "200 MB" });
  return cache.wrap(dataSet.open(), "data");
}

/** Hashes of all arrays as zarrita reads them. */
async function hashesOf(store: zarr.Readable, { arrays }: DataSet): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const path of Object.keys(arrays)) {
    const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
    hashes[path] = hashValues(await zarr.get(array));
  }
  return hashes;
}

/** Reads a hierarchy that was exported, from a cache without a source. */
async function hashesOffline(source: ImportSource, dataSet: DataSet): Promise<Record<string, string>> {
  await using cache = await openCache(await temporaryDirectory(), { maxBytes: "200 MB" });
  const store = cache.wrap(new Map(), "imported", { offline: true });
  await store.import(source);
  return await hashesOf(store, dataSet);
}

describe.each(allDataSets())("$name", (dataSet) => {
  const arrays = Object.keys(dataSet.arrays);
  const checksums = Object.fromEntries(
    Object.entries(dataSet.arrays).map(([path, { sha256 }]) => [path, sha256]),
  );

  it("is exported to a directory that zarrita reads, and imported from it to be read offline", async () => {
    const directory = join(await temporaryDirectory(), "deep", "data.zarr");
    const target = zarrDirectory(directory);
    const store = await openStore(dataSet);
    const report = await store.export(target, { arrays });
    expect(report.partial).toEqual([]);
    expect(await hashesOf(new FileSystemStore(directory), dataSet)).toEqual(checksums);
    const files = await readdir(directory, { recursive: true, withFileTypes: true });
    expect(files.filter((file) => file.isFile())).toHaveLength(report.done);
    expect(await hashesOffline(target, dataSet)).toEqual(checksums);
  });

  it("is exported to a tar file that tar unpacks, and imported from it to be read offline", async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, "data.tar");
    const store = await openStore(dataSet);
    const target = await tarWriter(file);
    await store.export(target satisfies ExportTarget, { arrays });
    expect(await readdir(directory), "under its name only when it is complete").toEqual(["data.tar.part"]);
    await target.close();
    await mkdir(join(directory, "unpacked"));
    execFileSync("tar", ["-xf", file, "-C", join(directory, "unpacked")]);
    expect(await hashesOf(new FileSystemStore(join(directory, "unpacked")), dataSet)).toEqual(checksums);
    expect(await hashesOffline(readTar(file), dataSet)).toEqual(checksums);
  });
});

it("leaves nothing of a tar file that was not closed", async () => {
  const directory = await temporaryDirectory();
  {
    await using target = await tarWriter(join(directory, "data.tar"));
    await target.set("/a", new Uint8Array(100_000));
  }
  expect(await readdir(directory)).toEqual([]);
});

it("rejects where a tar file is cut off, or no directory is there", async () => {
  const directory = await temporaryDirectory();
  const file = join(directory, "data.tar");
  const target = await tarWriter(file);
  await target.set("/a", new Uint8Array(100_000));
  await target.close();
  await truncate(file, 50_000);
  const cache = await openCache(await temporaryDirectory(), { maxBytes: "200 MB" });
  const store = cache.wrap(new Map(), "data");
  await expect(store.import(readTar(file))).rejects.toThrow();
  await expect(store.import(readTar(join(directory, "none.tar")))).rejects.toMatchObject({ code: "ENOENT" });
  await expect(store.import(zarrDirectory(join(directory, "none")))).rejects.toMatchObject({
    code: "ENOENT",
  });
  await cache.close();
});
