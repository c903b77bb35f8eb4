import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { DirectorySource } from "../../src/sources/directory-source.ts";

let root: string;
let source: DirectorySource;

beforeEach(async () => {
  const base = await mkdtemp(join(tmpdir(), "zarr-cache-test-"));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  root = join(base, "data.zarr");
  await mkdir(join(root, "c"), { recursive: true });
  await writeFile(join(base, "secret"), "secret");
  await writeFile(join(root, "zarr.json"), "{}");
  await writeFile(join(root, "c", "0"), Uint8Array.of(0, 1, 2, 3));
  source = new DirectorySource(root, { writable: true });
});

it("reads values, parts of them, and that there is none", async () => {
  const facts = { size: 4, validator: expect.stringMatching(/^"[\w.-]+"$/) };
  expect(await source.read("/c/0")).toEqual({ status: "value", value: Uint8Array.of(0, 1, 2, 3), ...facts });
  const read = async (range: Parameters<DirectorySource["read"]>[1] & {}) => source.read("/c/0", range);
  expect(await read({ range: { offset: 1, length: 2 } })).toMatchObject({ value: Uint8Array.of(1, 2) });
  expect(await read({ range: { suffixLength: 9 } })).toMatchObject({ value: Uint8Array.of(0, 1, 2, 3) });
  expect(await read({ range: { offset: 9, length: 2 } })).toMatchObject({
    value: new Uint8Array(0),
    size: 4,
  });
  for (const key of ["/c/9", "/c", "/zarr.json/x"])
    expect(await source.read(key)).toEqual({ status: "missing" });
});

it("tells versions apart, and that a copy holds", async () => {
  const { validator } = (await source.read("/c/0")) as { validator: string };
  expect(await source.read("/c/0", { ifNoneMatch: validator })).toMatchObject({ status: "unchanged" });
  await utimes(join(root, "c", "0"), new Date(1), new Date(1));
  await expect(source.read("/c/0", { ifMatch: validator })).rejects.toMatchObject({
    tag: "SourceChangedError",
  });
});

it("gives nothing that links lead to outside, and writes nothing there", async () => {
  const outside = join(root, "..");
  await symlink(outside, join(root, "out"));
  await symlink(join(outside, "secret"), join(root, "c", "1"));
  for (const key of ["/out/secret", "/c/1"]) {
    expect(await source.read(key)).toEqual({ status: "missing" });
    expect(await source.has(key)).toBe(false);
  }
  await expect(source.set?.("/out/new", Uint8Array.of(1))).rejects.toThrow();
  await source.delete?.("/out/secret");
  expect((await stat(join(outside, "secret"))).size).toBe(6);
  expect((await readdir(outside)).sort()).toEqual(["data.zarr", "secret"]);
});

it("follows links that stay inside", async () => {
  await symlink(join(root, "c", "0"), join(root, "c", "1"));
  expect(await source.get("/c/1")).toEqual(Uint8Array.of(0, 1, 2, 3));
});

it("writes and deletes values, in directories that it makes", async () => {
  await source.set?.("/t2m/c/0/0", Uint8Array.of(9));
  expect(await source.get("/t2m/c/0/0")).toEqual(Uint8Array.of(9));
  expect(await readdir(join(root, "t2m", "c", "0"))).toEqual(["0"]);
  await source.delete?.("/t2m/c/0/0");
  await source.delete?.("/t2m/c/0/0");
  expect(await source.has("/t2m/c/0/0")).toBe(false);
});

it("deletes for all who delete the same at the same time", async () => {
  for (let round = 0; round < 10; round++) {
    await source.set?.("/c/0", Uint8Array.of(1));
    const deletions: (Promise<void> | undefined)[] = [];
    // Each at another step when the first has deleted it.
    for (let i = 0; i < 32; i++) {
      deletions.push(source.delete?.("/c/0"));
      await setImmediate();
    }
    await Promise.all(deletions);
    expect(await source.has("/c/0")).toBe(false);
  }
});

it("keeps a key from having both a value and keys below it", async () => {
  const value = Uint8Array.of(1);
  await expect(source.set?.("/c", value)).rejects.toThrow(/holds no value/);
  await expect(source.set?.("/zarr.json/x", value)).rejects.toThrow(/holds no value/);
  await source.delete?.("/c");
  expect(await source.has("/c/0")).toBe(true);
});

it("lists children and adds up sizes", async () => {
  expect(await source.list("/")).toEqual(["/c/", "/zarr.json"]);
  expect(await source.list("/c/")).toEqual(["/c/0"]);
  expect(await source.list("/nowhere/")).toEqual([]);
  expect(await source.getSize("/")).toBe(6);
});

it("cannot be written to unless that is wanted", () => {
  const plain = new DirectorySource(root);
  expect([plain.set, plain.delete]).toEqual([undefined, undefined]);
});
