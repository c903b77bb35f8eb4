import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { counted, json } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

/** A source that fails the test when anything of it is so much as looked at. */
const untouchable = new Proxy(new Map<string, Uint8Array>(), {
  get: (_, name) => expect.unreachable(`the source was asked for ${String(name)}`),
  getPrototypeOf: () => expect.unreachable("the source was looked at"),
  has: () => expect.unreachable("the source was looked at"),
});

const V3 = { zarr_format: 3, node_type: "array" };

/** A store that has read these keys (and ranges of `/r`), and the same offline. */
async function takenOffline(
  values: Record<string, Uint8Array>,
  keys: readonly string[] = Object.keys(values),
) {
  const made = cached(plainSource(new Map(Object.entries(values))));
  for (const key of keys) await made.store.get(key as "/k");
  await made.store.idle();
  const offline = new CachedStore(untouchable, "s", made.storage, { offline: true });
  return { ...made, offline };
}

describe("a store that is offline", () => {
  it("answers what is cached, whole and in part, and what is known to be missing", async () => {
    const { offline } = await takenOffline({ "/a": counted(9) }, ["/a", "/gone"]);
    expect(await offline.get("/a")).toEqual(counted(9));
    expect(await offline.getRange("/a", { offset: 2, length: 3 })).toEqual(counted(9).slice(2, 5));
    expect(await offline.getRange("/a", { suffixLength: 2 })).toEqual(counted(9).slice(-2));
    expect(await offline.get("/gone")).toBeUndefined();
    expect([await offline.has("/a"), await offline.has("/gone")]).toEqual([true, false]);
    expect(offline.stats()).toMatchObject({ reads: 4, hits: 3, negativeHits: 1 });
  });

  it("gives each reader bytes of its own", async () => {
    const { offline } = await takenOffline({ "/a": counted(9) });
    (await offline.get("/a"))?.fill(7);
    expect(await offline.get("/a")).toEqual(counted(9));
  });

  it("rejects for the rest, naming the key and what to do", async () => {
    const { offline } = await takenOffline({ "/a": counted(9) });
    const miss = { tag: "OfflineError", key: "/t/c/0", storeId: "s" };
    await expect(offline.get("/t/c/0")).rejects.toMatchObject(miss);
    await expect(offline.getRange("/t/c/0", { offset: 0, length: 1 })).rejects.toMatchObject(miss);
    await expect(offline.has("/t/c/0")).rejects.toMatchObject(miss);
    await expect(offline.get("/t/c/0")).rejects.toThrow(/"\/t\/c\/0".*warm or import/);
    expect((await offline.warm(["/a", "/t/c/0"])).failures).toMatchObject([{ key: "/t/c/0", error: miss }]);
  });

  it("answers whatever the age, also when the clock went back", async () => {
    const { offline, clock } = await takenOffline({ "/a/zarr.json": counted(9) }, ["/a/zarr.json", "/gone"]);
    clock.advance(1e12);
    expect(await offline.get("/a/zarr.json")).toEqual(counted(9));
    expect(await offline.get("/gone")).toBeUndefined();
    clock.set(0);
    expect(await offline.get("/a/zarr.json")).toEqual(counted(9));
  });

  it("leaves no trace for readers who are online", async () => {
    const { offline, store } = await takenOffline({ "/a": counted(9), "/b": counted(3) }, ["/a"]);
    await expect(offline.get("/b")).rejects.toMatchObject({ tag: "OfflineError" });
    expect(await store.get("/b")).toEqual(counted(3));
  });

  it("knows from the metadata of a node which other it has not", async () => {
    const { offline } = await takenOffline({
      "/three/zarr.json": json(V3),
      "/two/.zarray": json({ zarr_format: 2 }),
      "/group/.zgroup": json({ zarr_format: 2 }),
    });
    for (const key of ["/three/.zarray", "/three/.zgroup", "/three/.zattrs", "/two/zarr.json"])
      expect(await offline.get(key as "/k"), key).toBeUndefined();
    expect(await offline.get("/group/.zarray")).toBeUndefined();
    for (const key of ["/two/.zattrs", "/group/.zattrs", "/other/zarr.json"])
      await expect(offline.get(key as "/k"), key).rejects.toMatchObject({ tag: "OfflineError", key });
  });

  it("knows from consolidated metadata what there is", async () => {
    const metadata = { ".zgroup": {}, "t/.zarray": {} };
    const { offline } = await takenOffline({ "/.zmetadata": json({ metadata }), "/t/0.0": counted(4) });
    expect(await offline.get("/t/.zattrs")).toBeUndefined();
    expect(await offline.get("/t/zarr.json")).toBeUndefined();
    await expect(offline.get("/t/.zarray")).rejects.toMatchObject({ tag: "OfflineError" });
    expect(await offline.list()).toEqual(["/.zgroup", "/.zmetadata", "/t/"]);
    expect(await offline.list("/t")).toEqual(["/t/0.0"]);
  });

  it("takes a document of one version for no proof against the other where the dataset holds both", async () => {
    const both = {
      "/.zgroup": json({ zarr_format: 2 }),
      "/zarr.json": json({ zarr_format: 3, node_type: "group" }),
      "/.zmetadata": json({ metadata: { ".zgroup": {}, "t/.zarray": {}, "t/.zattrs": {} } }),
      "/t/zarr.json": json(V3),
      "/t/.zarray": json({ zarr_format: 2 }),
      "/t/.zattrs": json({ scale_factor: 0.1 }),
    };
    const known = async (keys: readonly (keyof typeof both)[], key: string) => {
      const { offline } = await takenOffline(both, keys);
      return offline.get(key as "/k").then(
        (value) => (value === undefined ? "missing" : "cached"),
        ({ tag }) => tag,
      );
    };
    // Of the node itself, and of the group above it.
    expect(await known(["/t/zarr.json", "/t/.zarray"], "/t/.zattrs")).toBe("OfflineError");
    expect(await known(["/t/zarr.json", "/t/.zarray"], "/t/.zgroup")).toBe("missing");
    expect(await known(["/t/zarr.json", "/.zgroup"], "/t/.zarray")).toBe("OfflineError");
    expect(await known(["/t/.zarray", "/zarr.json"], "/t/zarr.json")).toBe("OfflineError");
    expect(await known(["/zarr.json", "/.zgroup"], "/.zmetadata")).toBe("OfflineError");
    // What the other version lists is told by that, and nothing of this one.
    expect(await known(["/t/zarr.json", "/.zmetadata"], "/t/.zattrs")).toBe("OfflineError");
    expect(await known(["/t/zarr.json", "/.zmetadata"], "/t/.zgroup")).toBe("missing");
    expect(await known(["/zarr.json", "/.zmetadata"], "/t/zarr.json")).toBe("OfflineError");
    expect(await known(["/t/zarr.json"], "/t/.zarray")).toBe("missing");
  });

  it("looks into the consolidated metadata of the version that is asked for", async () => {
    const { offline } = await takenOffline({
      "/zarr.json": json({
        ...V3,
        node_type: "group",
        consolidated_metadata: { metadata: { t: { node_type: "array" } } },
      }),
      "/.zgroup": json({ zarr_format: 2 }),
      "/.zmetadata": json({ metadata: { ".zgroup": {}, "t/.zarray": {} } }),
    });
    for (const key of ["/t/.zarray", "/t/zarr.json"])
      await expect(offline.get(key as "/k"), key).rejects.toMatchObject({ tag: "OfflineError", key });
    for (const key of ["/t/.zattrs", "/u/zarr.json"])
      expect(await offline.get(key as "/k"), key).toBeUndefined();
  });

  it("lists and counts what is cached, each key once", async () => {
    const { offline, store } = await takenOffline(
      { "/t/c/0": counted(5), "/t/c/1": counted(6), "/t/zarr.json": json(V3), "/u": counted(90) },
      ["/t/c/0", "/t/zarr.json", "/gone"],
    );
    await store.getRange("/u", { offset: 1, length: 7 });
    await store.getRange("/u", { offset: 20, length: 3 });
    await store.idle();
    const keys: string[] = [];
    for await (const key of offline.keys()) keys.push(key);
    expect(keys).toEqual(["/t/c/0", "/t/zarr.json", "/u"]);
    expect(await offline.count()).toBe(3);
    expect(await offline.list("/t/")).toEqual(["/t/c/", "/t/zarr.json"]);
    expect(await offline.getSize("/t/c/")).toBe(5);
    expect(await offline.getSize("/u")).toBe(10);
  });

  it("cannot be written to, and says why", async () => {
    const { offline } = await takenOffline({ "/a": counted(9) });
    await expect(offline.set("/a", counted(1))).rejects.toThrow(/offline/);
    await expect(offline.delete("/a")).rejects.toThrow(/offline/);
    expect(await offline.get("/a")).toEqual(counted(9));
  });

  it("refuses copies of another source, where it is told which it wants", async () => {
    const { storage } = await takenOffline({});
    await storage.bind("named", "one");
    const other = new CachedStore(untouchable, "named", storage, { offline: true, identity: "two" });
    await expect(other.get("/a")).rejects.toMatchObject({ tag: "StoreIdConflictError" });
  });
});
