import assert from "node:assert/strict";
import type { CachedStore } from "zarr-cache";
import * as zarr from "zarrita";
import { requests } from "./distant-server.ts";

/** Reads an array of the distant server twice, the second time from the cache; tells how many requests the first took. */
export async function readTwice(store: CachedStore, path: string): Promise<{ shape: string; asked: number }> {
  const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
  const first = await zarr.get(array);
  await store.idle();
  const asked = requests.length;
  const again = await zarr.get(array);
  assert.deepEqual(again.data, first.data);
  assert.equal(requests.length, asked, "the second time the source was not asked");
  return { shape: first.shape.join(" × "), asked };
}
