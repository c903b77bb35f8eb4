import { NO_AGE } from "../ages.ts";
import { InvalidOptionError } from "../errors.ts";
import { assertKnownOptions, parseCount } from "../options.ts";
import { copyBytes } from "../range.ts";
import type { CacheStorage } from "../storage.ts";
import type { EntryInfo } from "../store-index.ts";
import { factsOf } from "../tier/indexed-fill.ts";

/** Options of {@link drainLocation}. */
export interface DrainOptions {
  /** Entries that are moved at once. Default 4. */
  readonly concurrency?: number;
  /** Stops between two entries. */
  readonly signal?: AbortSignal;
  /** Told after each entry. */
  readonly onProgress?: (report: DrainReport) => void;
}

/** What draining a location did so far. */
export interface DrainReport {
  /** Entries whose bytes are elsewhere now. */
  readonly moved: number;
  /** Entries that were removed from the cache, since they could not be kept elsewhere. */
  readonly dropped: number;
  /** Entries that were busy and are still there; drain again. */
  readonly left: number;
}

const PAGE = 256;
/** Entries that are being filled anew are left to the next pass. */
const MOST_PASSES = 8;

/**
 * Moves the entries of one location of a tier to the others, a few at a time and while the tier is in use.
 *
 * Mark the location as `draining` first, in every process. Each move is a fill like any other: claimed before the bytes
 * are read, so that an invalidation wins over it, and charged. What a location cannot give back, or what finds no room,
 * is dropped. Age, cost and validator of an entry stay, its hits do not.
 */
export async function drainLocation(
  tier: Pick<CacheStorage, "entries" | "claim" | "get" | "delete">,
  location: string,
  options: DrainOptions = {},
): Promise<DrainReport> {
  assertKnownOptions("drainLocation", options, ["concurrency", "signal", "onProgress"]);
  if (typeof location !== "string" || location === "")
    throw new InvalidOptionError("location", location, "the name of a location");
  const concurrency = parseCount("concurrency", options.concurrency ?? 4, 1);
  const report = { moved: 0, dropped: 0, left: 0 };
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    report.left = 0;
    for await (const page of pagesOf(tier)) {
      const here = page.filter((entry) => entry.location === location && !entry.missing);
      await eachOf(here, concurrency, async (entry) => {
        options.signal?.throwIfAborted();
        const outcome = await moveEntry(tier, entry);
        if (outcome !== "gone") report[outcome]++;
        options.onProgress?.({ ...report });
      });
    }
    if (report.left === 0) break;
  }
  return report;
}

async function moveEntry(
  tier: Pick<CacheStorage, "claim" | "get" | "delete">,
  entry: EntryInfo,
): Promise<keyof DrainReport | "gone"> {
  const { storeId, key, range } = entry;
  const part = { storeId, key, ...(range && { range }) };
  const claim = await tier.claim(part, { fresh: NO_AGE });
  if (claim.state !== "fill") return "left";
  const hit = await tier.get(part);
  if (hit?.value === undefined) {
    // Invalidated or evicted meanwhile, or its bytes were lost, and the tier has removed it.
    await claim.abandon();
    return "gone";
  }
  const value = hit.owned ? hit.value : copyBytes(hit.value);
  if (await claim.commit(value, factsOf(hit, hit.cost))) return "moved";
  if (claim.signal.aborted) return "gone";
  await tier.delete(storeId, key);
  return "dropped";
}

async function* pagesOf(tier: Pick<CacheStorage, "entries">): AsyncIterable<readonly EntryInfo[]> {
  let cursor: string | undefined;
  do {
    const page = await tier.entries({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    yield page.entries;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

async function eachOf<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
