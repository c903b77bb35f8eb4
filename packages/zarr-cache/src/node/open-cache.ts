import { parseBytes } from "../byte-size.ts";
import { IndexedCacheStorage } from "../indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../memory/memory-store-opener.ts";
import { TieredCacheStorage } from "../tiered-cache-storage.ts";
import { parseCacheLocation } from "./cache-location.ts";
import { ChunkCache } from "./chunk-cache.ts";
import { lowerTier } from "./lower-tier.ts";
import { assertOpenCacheOptions, type OpenCacheOptions } from "./open-cache-options.ts";
import { pick } from "./pick.ts";

/**
 * Opens the cache at a location.
 *
 * - A directory: memory over disk, with an index that all processes of the machine share. It is made if it is not there.
 *   With `index: "redis://…"`, a directory that several machines see.
 * - `s3://bucket/prefix` with `index: "redis://…"`: memory over a bucket, for all processes of all machines.
 *
 * Rejects where the place can never be used: `CacheDirectoryError`, `BucketError`, `RedisError` for a refused password,
 * `CacheFormatError` where a newer version made it, `MissingDependencyError` where a package is not installed. One that
 * does not answer at present, such as a Redis that is down, is warned of, and used once it answers; until then the source is.
 *
 * ```ts
 * await using cache = await openCache("~/.cache/zarr-cache", { maxBytes: "10 GB" });
 * const store = cache.wrap(new zarr.FetchStore(url), "era5");
 * ```
 */
export async function openCache(location: string | URL, options: OpenCacheOptions = {}): Promise<ChunkCache> {
  const place = parseCacheLocation(location);
  assertOpenCacheOptions(place, options);
  const { memory = "256 MB" } = options;
  const lower = lowerTier(place, options);
  const storage =
    memory === false
      ? lower
      : new TieredCacheStorage([
          new IndexedCacheStorage(
            new MemoryStoreIndex({
              maxBytes: parseBytes("memory", memory),
              ...pick(options, "policy", "clock"),
            }),
            new MemoryStoreOpener(),
            pick(options, "fills"),
          ),
          lower,
        ]);
  const { onWarning = (message: string) => process.emitWarning(message, { code: "ZARR_CACHE" }) } = options;
  storage.on("warning", ({ message }) => onWarning(message));
  try {
    await storage.open();
  } catch (error) {
    await storage.close().catch(() => {});
    throw error;
  }
  return new ChunkCache(storage);
}
