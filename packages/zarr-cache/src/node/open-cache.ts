import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type ByteSize, parseBytes } from "../byte-size.ts";
import type { Clock } from "../clock.ts";
import { DiskStoreOpener } from "../disk/disk-store-opener.ts";
import { LmdbStoreIndex } from "../disk/lmdb-store-index.ts";
import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { IndexedCacheStorage } from "../indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../memory/memory-store-opener.ts";
import { assertFunction, assertKnownOptions } from "../options.ts";
import type { PolicyOption } from "../policy.ts";
import { TieredCacheStorage } from "../tiered-cache-storage.ts";
import { ChunkCache } from "./chunk-cache.ts";

/** Options of {@link openCache}. */
export interface OpenCacheOptions {
  /**
   * Budget on disk in bytes, index included, for all stores and all processes that open the directory. The last one to
   * open it sets it, and what is over it is evicted first. Default `"10 GB"`.
   */
  readonly maxBytes?: ByteSize;
  /** Most entries on disk. Default: as many as fit. */
  readonly maxEntries?: number;
  /** Largest value that is kept on disk. Default: an eighth of `maxBytes`. */
  readonly maxEntryBytes?: ByteSize;
  /** Budget of the memory tier of this process; `false` for none. Default `"256 MB"`. */
  readonly memory?: ByteSize | false;
  /** What goes first when a budget is full. Default `"gdsf"`. */
  readonly policy?: PolicyOption;
  /** Bytes that are left free on the file system. Default: 1 GiB or 1 % of it, whichever is smaller. */
  readonly minFreeBytes?: ByteSize;
  /** Whether readers wait until what they read is kept. Default `"background"`. */
  readonly fills?: "background" | "await";
  /** How long the disk may take to the first byte before the source is asked. Default `"500 ms"`. */
  readonly deadline?: Duration;
  /** After how long a claim that its process no longer renews goes to another. Default `"5s"`. */
  readonly lockAge?: Duration;
  /** How long a reader waits for another's fill before it fetches for itself. Default `"30s"`. */
  readonly lockTimeout?: Duration;
  /** Tells the time in milliseconds; ages are counted on it. Default `Date.now`. */
  readonly clock?: Clock;
  /**
   * Hears what an operator should know, such as that a corrupt index was replaced. Default: a warning of the process,
   * which Node prints to standard error.
   */
  readonly onWarning?: (message: string) => void;
}

const OPTIONS = [
  "maxBytes",
  "maxEntries",
  "maxEntryBytes",
  "memory",
  "policy",
  "minFreeBytes",
  "fills",
  "deadline",
  "lockAge",
  "lockTimeout",
  "clock",
  "onWarning",
] as const satisfies (keyof OpenCacheOptions)[];

/**
 * Opens the cache in a directory: memory over disk, with an index that all processes of the machine share.
 *
 * Creates what is not there. Rejects with `CacheDirectoryError` where the directory cannot be used, and with
 * `CacheFormatError` where a newer version made it; then nothing was written. An index that does not answer in time,
 * such as one that a stopped process has locked, is warned of, and used once it answers; until then the source is.
 *
 * ```ts
 * await using cache = await openCache("~/.cache/zarr-cache", { maxBytes: "10 GB" });
 * const store = cache.wrap(new zarr.FetchStore(url), "era5");
 * ```
 */
export async function openCache(location: string | URL, options: OpenCacheOptions = {}): Promise<ChunkCache> {
  assertKnownOptions("openCache", options, OPTIONS);
  const directory = directoryOf(location);
  const { memory = "256 MB", policy, clock } = options;
  const tier = pick(options, "fills", "deadline", "lockTimeout");
  const index = new LmdbStoreIndex(join(directory, "index"), {
    ...pick(options, "maxBytes", "maxEntries", "maxEntryBytes", "policy", "lockAge", "clock"),
    // The index answers or gives up in half the time that the tier has.
    ...(options.deadline !== undefined && { deadline: parseDuration("deadline", options.deadline) / 2 }),
  });
  const opener = new DiskStoreOpener(join(directory, "chunks", "{store_id}"), pick(options, "minFreeBytes"));
  const disk = new IndexedCacheStorage(index, opener, tier);
  const common = { ...(policy !== undefined && { policy }), ...(clock !== undefined && { clock }) };
  const { onWarning = (message: string) => process.emitWarning(message, { code: "ZARR_CACHE" }) } = options;
  assertFunction("onWarning", onWarning, "a function (message) => void");
  const storage =
    memory === false
      ? disk
      : new TieredCacheStorage([
          new IndexedCacheStorage(
            new MemoryStoreIndex({ maxBytes: parseBytes("memory", memory), ...common }),
            new MemoryStoreOpener(),
            pick(options, "fills"),
          ),
          disk,
        ]);
  storage.on("warning", ({ message }) => onWarning(message));
  try {
    await storage.open();
  } catch (error) {
    await storage.close().catch(() => {});
    throw error;
  }
  return new ChunkCache(storage);
}

/** Resolves a directory given as a path, `~` or a file URL. */
function directoryOf(location: string | URL): string {
  const text = location instanceof URL ? location.href : location;
  if (typeof text !== "string" || text === "")
    throw new InvalidOptionError("location", location, "a directory");
  if (text.startsWith("file:")) return fileURLToPath(text);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
    throw new InvalidOptionError("location", text, 'a directory, such as "~/.cache/zarr-cache"');
  return resolve(text === "~" || text.startsWith("~/") ? join(homedir(), text.slice(1)) : text);
}

function pick<T extends object, K extends keyof T>(from: T, ...names: K[]): Pick<T, K> {
  const picked: Partial<T> = {};
  for (const name of names) if (from[name] !== undefined) picked[name] = from[name];
  return picked as Pick<T, K>;
}
