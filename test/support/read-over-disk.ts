/**
 * A process that reads all arrays of a hierarchy through a cache directory, and tells hashes and source reads.
 * Message: `{ directory, data, arrays }`; answer: `{ hashes, reads }`.
 */
import FileSystemStore from "@zarrita/storage/fs";
import * as zarr from "zarrita";
import { hashValues } from "./checksums.ts";
import { openPatientCache } from "./patient-cache.ts";
import { recording } from "./recording-source.ts";

export interface ReadOverDisk {
  /** The cache directory. */
  readonly directory: string;
  /** The Zarr hierarchy. */
  readonly data: string;
  readonly arrays: readonly string[];
}

export interface ReadOverDiskAnswer {
  readonly hashes: Readonly<Record<string, string>>;
  readonly reads: readonly string[];
}

process.on("message", async ({ directory, data, arrays }: ReadOverDisk) => {
  const source = recording(new FileSystemStore(data));
  const cache = await openPatientCache(directory);
  const store = cache.wrap(source, "data");
  const hashes: Record<string, string> = {};
  for (const path of arrays) {
    const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
    hashes[path] = hashValues(await zarr.get(array));
  }
  await cache.close();
  process.send?.({ hashes, reads: source.reads } satisfies ReadOverDiskAnswer, () => process.disconnect());
});
process.send?.("ready");
