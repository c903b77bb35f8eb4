import { classOf, directoryOf, isUnder, type Key } from "../key.ts";
import type { Part } from "../part.ts";
import type { CacheHit } from "../storage.ts";
import type { EntryInfo } from "../store-index.ts";
import { BoundedMap } from "./bounded-map.ts";
import { tellsOfArrays } from "./consolidated.ts";
import type { ReaderContext } from "./reader-context.ts";
import { opaque } from "./served-versions.ts";
import type { Answered } from "./source-reads.ts";

/** What tells versions of a document apart. */
interface Version {
  readonly validator: string | undefined;
  /** Of the bytes; `undefined` where the document is missing. */
  readonly hash: string | undefined;
}

/** What changes are noticed with. */
export interface ChangeContext extends Pick<ReaderContext, "storeId" | "storage" | "freshness" | "events"> {
  /** Whether consolidated metadata list a document, so that data go by these. */
  isListed(document: Key): Promise<boolean>;
  /** Fetches a document once more, to be kept. */
  fetchBehind(document: Key): void;
}

const MOST = 16_384;

/**
 * Notices that the metadata of an array or group have changed, and drops what is cached below.
 *
 * That is done before the new document is kept, which an invalidation of its directory prevents: until everything below
 * is gone, everybody finds the old document and notices as well, whatever dies in between. The new one is then fetched once
 * more, and kept. An invalidation reaches all tiers and all processes that share them, and revokes the fills under way.
 */
export class ChangeWatch {
  readonly #context: ChangeContext;
  /** What the source last answered: the copy that it would be compared with may be gone. */
  readonly #versions = new BoundedMap<string, Version>(MOST);

  constructor(context: ChangeContext) {
    this.#context = context;
  }

  /** Drops what an answer makes out of date; false where that failed, so that the answer must not be kept. */
  async follow(part: Part, stale: CacheHit | undefined, answer: Answered): Promise<boolean> {
    const { storeId, storage, freshness, events } = this.#context;
    if (answer.state === "unchanged" || !freshness.dropOnChange || !isDocument(part)) return true;
    const { key } = part;
    const version = versionOf(answer.value, answer.facts.validator);
    const before = stale === undefined ? this.#versions.get(key) : versionOf(stale.value, stale.validator);
    const directory = directoryOf(key);
    let isDropped: boolean;
    try {
      isDropped = before === undefined ? await this.#isUnknown(key, directory) : differ(before, version);
      if (isDropped) await storage.invalidate(storeId, directory);
    } catch (error) {
      events.emit("fault", { tier: "store", operation: "invalidate", error });
      return false;
    }
    this.#versions.set(key, version);
    if (isDropped) this.#context.fetchBehind(key as Key);
    return true;
  }

  /** Forgets what was answered of a path. */
  forget(path: string): void {
    for (const key of this.#versions.keys()) if (isUnder(key, path)) this.#versions.delete(key);
  }

  /**
   * Whether there are data below of a dataset whose document was cached and is no more: where data go by their dataset,
   * they would be taken for what they may not be. What came when there was none ends by itself.
   */
  async #isUnknown(key: string, directory: string): Promise<boolean> {
    const { storeId, storage, freshness, isListed } = this.#context;
    if (!tellsOfArrays(key) || !freshness.byDataset(key, false) || (await isListed(key as Key))) return false;
    const { entries, cursor } = await storage.entries({ storeId, prefix: directory, limit: 1000 });
    const isOpenEnded = ({ key, expiresAt }: EntryInfo) =>
      classOf(key) === "data" && expiresAt === Number.POSITIVE_INFINITY;
    return cursor !== undefined || entries.some(isOpenEnded);
  }
}

/** Whether a part is a whole metadata document. */
export function isDocument({ key, range }: Part): boolean {
  return range === undefined && classOf(key) === "metadata";
}

function versionOf(value: Uint8Array | undefined, validator: string | undefined): Version {
  if (value === undefined) return { validator: undefined, hash: undefined };
  // FNV-1a: good enough to notice a change, and nobody gains by hiding one.
  let hash = 0x811c9dc5;
  for (const byte of value) hash = Math.imul(hash ^ byte, 0x01000193);
  return { validator, hash: `${value.byteLength}-${hash}` };
}

function differ(before: Version, now: Version): boolean {
  if (before.hash !== now.hash) return true;
  return (
    before.validator !== undefined &&
    now.validator !== undefined &&
    opaque(before.validator) !== opaque(now.validator)
  );
}
