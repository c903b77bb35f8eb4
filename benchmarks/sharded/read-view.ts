import type { Readable } from "@zarrita/storage";
import * as zarr from "zarrita";
import { assertView, VIEW } from "./sharded-data.ts";

/** Opens the array of a store and reads the view of it. */
export async function readView(store: Readable): Promise<void> {
  const array = await zarr.open.v3(zarr.root(store), { kind: "array" });
  const { data } = await zarr.get(array, [zarr.slice(...VIEW), zarr.slice(...VIEW)]);
  assertView(data as Int32Array);
}
