import { describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import type { CachedStore } from "../../src/cached-store.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { groupDocument, twoArrays } from "../support/two-array-dataset.ts";
import { VersionedSource } from "../support/versioned-source.ts";
import { writeArray } from "../zarrita/arrays.ts";

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const NAMES = ["zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"];

/** Documents of a directory that the source was asked for. */
async function asked(store: CachedStore, source: VersionedSource, directory: string): Promise<string[]> {
  source.taken();
  for (const name of NAMES) await store.get(`${directory as "/"}${name}`);
  await store.idle();
  return source.taken().map(({ key }) => key);
}

describe("consolidated metadata that are cached", () => {
  it("of version 3 answer for what a listed node and the group itself do not have", async () => {
    const source = twoArrays(groupDocument(["a", "b"]));
    const { store } = cached(source);
    await store.get("/zarr.json");
    // Once for the whole dataset, whether it is one of version 2 as well.
    expect(await asked(store, source, "/")).toEqual(["/.zgroup"]);
    expect(await asked(store, source, "/a/")).toEqual(["/a/zarr.json"]);
    expect(await asked(store, source, "/a/")).toEqual([]);
    // A node that came after they were written is not denied.
    expect(await asked(store, source, "/c/")).toHaveLength(NAMES.length);
  });

  it("of version 2 as well, but for a group of another version beside them", async () => {
    const listed = { ".zgroup": {}, "a/.zarray": {}, "a/.zattrs": {}, "g/.zgroup": {} };
    const source = new VersionedSource().put("/.zmetadata", json({ metadata: listed }));
    for (const key of Object.keys(listed)) source.put(`/${key}`, json({}));
    const { store } = cached(source);
    await store.get("/.zmetadata");
    await store.idle();
    expect(await asked(store, source, "/")).toEqual(["/zarr.json", "/.zgroup"]);
    expect(await asked(store, source, "/a/")).toEqual(["/a/.zarray", "/a/.zattrs"]);
    expect(await asked(store, source, "/g/")).toEqual(["/g/.zgroup"]);
    expect(await asked(store, source, "/h/")).toHaveLength(NAMES.length);
  });

  it.each([
    ["3", ["/zarr.json", "/a/zarr.json"], ["/.zmetadata", "/.zgroup", "/a/.zarray", "/a/.zattrs"]],
    ["2", ["/.zmetadata", "/a/.zarray"], ["/zarr.json", "/a/zarr.json", "/a/.zattrs"]],
  ] as const)("of version %s deny nothing that a dataset has which is of both", async (_, first, then) => {
    const source = twoArrays(groupDocument(["a"]));
    const listed = { ".zgroup": {}, "a/.zarray": {}, "a/.zattrs": {} };
    source.put("/.zmetadata", json({ metadata: listed }));
    for (const key of Object.keys(listed)) source.put(`/${key}`, json({}));
    const { store } = cached(source);
    for (const key of first) await store.get(key);
    await store.idle();
    for (const key of then) expect(await store.get(key), key).toBeDefined();
  });

  it("of a group in the middle answer for what is below it", async () => {
    const source = new VersionedSource()
      .put("/x/g/zarr.json", groupDocument(["a"]))
      .put("/zarr.json", groupDocument());
    const { store } = cached(source);
    await store.get("/x/g/zarr.json");
    await store.idle();
    expect(await asked(store, source, "/x/g/a/")).toEqual(["/x/g/a/zarr.json", "/x/g/.zgroup"]);
    expect(await asked(store, source, "/x/")).toHaveLength(NAMES.length);
  });

  it("are asked about themselves when they are past their age, and answer for all the others", async () => {
    const source = twoArrays(groupDocument(["a", "b"]));
    const { store, clock } = cached(source);
    await store.get("/zarr.json");
    await store.idle();
    clock.advance(300_001);
    for (const array of ["a", "b"])
      expect(await asked(store, source, `/${array}/`)).toContain(`/${array}/zarr.json`);
    clock.advance(300_001);
    source.taken();
    await store.get("/a/.zattrs");
    await store.get("/b/.zarray");
    expect(source.taken().map(({ key, status }) => [key, status])).toEqual([
      ["/zarr.json", "unchanged"],
      ["/.zgroup", "missing"],
    ]);
    // Where they change, so may the answer.
    source.put("/zarr.json", groupDocument()).put("/a/.zattrs", counted(3));
    clock.advance(300_001);
    expect(await store.get("/a/.zattrs")).toEqual(counted(3));
  });

  it("answer for nothing while they cannot be asked about", async () => {
    const source = twoArrays(groupDocument(["a", "b"]));
    const { store, clock } = cached(source);
    await store.get("/zarr.json");
    await store.idle();
    clock.advance(300_001);
    source.failure = new Error("down");
    await expect(store.get("/a/.zattrs")).rejects.toThrow("down");
  });
});

it("opens a group of zarrita without asking for what is absent, whichever version it tries", async () => {
  const arrays = Array.from({ length: 5 }, (_, n) => `t${n}`);
  const written = new Map<string, Uint8Array>();
  await writeArray(written, "/t");
  const document: unknown = JSON.parse(new TextDecoder().decode(written.get("/t/zarr.json")));
  const metadata = Object.fromEntries(arrays.map((name) => [name, document]));
  const source = new VersionedSource().put(
    "/zarr.json",
    json({
      zarr_format: 3,
      node_type: "group",
      attributes: {},
      consolidated_metadata: { kind: "inline", metadata },
    }),
  );
  for (const name of arrays) source.put(`/${name}/zarr.json`, json(document));
  const { store } = cached(source);
  await zarr.open.v3(zarr.root(store), { kind: "group" });
  await store.idle();
  const open = async () => {
    const root = zarr.root(store);
    for (const name of arrays) {
      await zarr.open(root.resolve(name), { kind: "array" });
      await zarr.open.v2(root.resolve(name)).catch(() => {});
    }
    await zarr.open(root);
    await store.idle();
    return source.taken().map(({ key }) => key);
  };
  expect(await open()).toEqual([
    "/zarr.json",
    "/t0/zarr.json",
    "/.zgroup",
    ...arrays.slice(1).map((name) => `/${name}/zarr.json`),
  ]);
  expect(await open()).toEqual([]);
  expect(store.stats().source.missing).toBe(1);
});
