import { describe, expect, it } from "vitest";
import { countingSource } from "../../src/testing/index.ts";
import { json, text } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

const array = { zarr_format: 3, node_type: "array", shape: [4] };
const V3 = {
  zarr_format: 3,
  node_type: "group",
  consolidated_metadata: {
    kind: "inline",
    must_understand: false,
    metadata: {
      t: array,
      g: { zarr_format: 3, node_type: "group" },
      "g/u": array,
    },
  },
};
const V2 = {
  zarr_consolidated_format: 1,
  metadata: {
    ".zgroup": { zarr_format: 2 },
    ".zattrs": {},
    "t/.zarray": { shape: [4] },
    "t/.zattrs": {},
    "g/.zgroup": {},
    "g/u/.zarray": {},
  },
};

describe("a source that can neither list nor enumerate, with consolidated metadata of version 3", () => {
  const make = () => cached(plainSource(new Map([["/zarr.json", json(V3)]])));

  it("lists its groups and arrays", async () => {
    const { store } = make();
    expect(await store.list()).toEqual(["/g/", "/t/", "/zarr.json"]);
    expect(await store.list("/g")).toEqual(["/g/u/", "/g/zarr.json"]);
  });

  it("does not pretend to know the chunks of an array, nor anything below them", async () => {
    const { store } = make();
    for (const path of ["/t", "/t/", "/t/c", "/t/c/0/", "/g/u/c/"])
      await expect(store.list(path)).rejects.toMatchObject({ tag: "UnsupportedError" });
  });
});

describe("a source that can neither list nor enumerate, with consolidated metadata of version 2", () => {
  const make = () => cached(plainSource(new Map([["/.zmetadata", json(V2)]])));

  it("lists its groups and arrays", async () => {
    const { store } = make();
    expect(await store.list()).toEqual(["/.zattrs", "/.zgroup", "/.zmetadata", "/g/", "/t/"]);
    expect(await store.list("/g/")).toEqual(["/g/.zgroup", "/g/u/"]);
  });

  it("does not pretend to know the chunks of an array", async () => {
    const { store } = make();
    for (const path of ["/t", "/g/u/", "/g/u/0"])
      await expect(store.list(path)).rejects.toMatchObject({ tag: "UnsupportedError" });
  });
});

it("reads the consolidated metadata through the cache", async () => {
  const source = countingSource(plainSource(new Map([["/zarr.json", json(V3)]])));
  const { store } = cached(source);
  await store.list();
  await store.list("/g");
  expect(source.countOf("/zarr.json")).toBe(1);
});

it("does not enumerate keys from consolidated metadata, which does not know the chunks", async () => {
  const { store } = cached(plainSource(new Map([["/zarr.json", json(V3)]])));
  await expect(store.count()).rejects.toMatchObject({ tag: "UnsupportedError", operation: "keys()" });
});

it("says what is lacking where there is no consolidated metadata, or none that can be read", async () => {
  const none: readonly Record<string, Uint8Array>[] = [
    {},
    { "/zarr.json": json({ node_type: "group" }) },
    { "/.zmetadata": json(7) },
    { "/zarr.json": text("{ not json") },
  ];
  for (const documents of none) {
    const { store } = cached(plainSource(new Map(Object.entries(documents))));
    await expect(store.list()).rejects.toMatchObject({ tag: "UnsupportedError", operation: "list()" });
  }
});

it("hands on the failure of the source, which is no lack of metadata", async () => {
  const { store } = cached({
    get: async () => {
      throw new Error("503");
    },
  });
  await expect(store.list()).rejects.toThrow("503");
});
