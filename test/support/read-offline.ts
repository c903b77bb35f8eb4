/**
 * A process that reads all arrays of a hierarchy from a cache directory alone, and tells their hashes.
 * Message: `{ directory, arrays }`; answer: the hashes by path.
 */
import * as zarr from "zarrita";
import { hashValues } from "./checksums.ts";
import { openPatientCache } from "./patient-cache.ts";

export interface ReadOffline {
  /** The cache directory. */
  readonly directory: string;
  readonly arrays: readonly string[];
}

process.on("message", async ({ directory, arrays }: ReadOffline) => {
  const cache = await openPatientCache(directory);
  const store = cache.wrap(new Map(), "data", { offline: true });
  const hashes: Record<string, string> = {};
  for (const path of arrays) {
    const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
    hashes[path] = hashValues(await zarr.get(array));
  }
  await cache.close();
  process.send?.(hashes, () => process.disconnect());
});
process.send?.("ready");
