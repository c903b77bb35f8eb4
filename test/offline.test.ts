import { describe, expect, it } from "vitest";
import { openCache } from "zarr-cache/node";
import * as zarr from "zarrita";
import { allDataSets } from "./support/data-sets.ts";
import { forkSupport, nextMessage } from "./support/fork.ts";
import type { ReadOffline } from "./support/read-offline.ts";
import { temporaryDirectory } from "./support/temporary-directory.ts";

describe.each(allDataSets())("$name", (dataSet) => {
  const arrays = Object.keys(dataSet.arrays);

  it("is warmed in one process and read in another that has no source", async () => {
    const directory = await temporaryDirectory();
    const cache = await openCache(directory, { maxBytes: "200 MB" });
    const store = cache.wrap(dataSet.open(), "data");
    expect(await store.warm({ arrays })).toMatchObject({ failed: 0 });
    await cache.close();

    const child = await forkSupport("read-offline.ts");
    child.send({ directory, arrays } satisfies ReadOffline);
    expect(await nextMessage(child)).toEqual(
      Object.fromEntries(Object.entries(dataSet.arrays).map(([path, { sha256 }]) => [path, sha256])),
    );
  });

  it("says of an array that was not warmed what is missing", async () => {
    const cache = await openCache(await temporaryDirectory(), { maxBytes: "200 MB" });
    const [first = "", second = ""] = arrays;
    await cache.wrap(dataSet.open(), "data").warm({ arrays: [first] });
    const offline = zarr.root(cache.wrap(new Map(), "data", { offline: true }));
    await zarr.get(await zarr.open(offline.resolve(first), { kind: "array" }));
    await expect(zarr.open(offline.resolve(second || "none"), { kind: "array" })).rejects.toMatchObject({
      tag: "OfflineError",
    });
    await cache.close();
  });
});
