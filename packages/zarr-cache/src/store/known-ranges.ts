import type { Part } from "../part.ts";
import { copyBytes, type RangeQuery } from "../range.ts";
import type { CacheHit, CacheStorage } from "../storage.ts";
import { BoundedMap } from "./bounded-map.ts";

/** One range that is cached: where its bytes lie in the value, and the range as it was asked for. */
interface Extent {
  readonly start: number;
  readonly end: number;
  readonly range: RangeQuery;
}

/** The ranges of one version of a value. */
interface Extents {
  readonly validator: string | undefined;
  /** Bytes of the value. Only known of a version, since of none in particular it may be another by now. */
  size: number | undefined;
  /** By their start. */
  readonly sorted: Extent[];
}

const MOST_KEYS = 4096;
/** Of a key; what comes later is only found by its own name. */
const MOST_RANGES = 4096;
/** Extents that are looked at for one that covers a part. */
const MOST_LOOKS = 256;

/**
 * Which ranges of values are cached, as far as this store has seen them: so that one that covers a part answers for it,
 * and one that covers a value whole for that.
 *
 * It only says where to look: what is found there is an entry with an age and a version of its own. An index could tell
 * as much after a restart, but would have to look through all ranges of a key for each that is missing.
 */
export class KnownRanges {
  readonly #keys = new BoundedMap<string, Extents>(MOST_KEYS);

  /** Notes that a part is cached: so many bytes of this version, of a value of that size where that is known. */
  note({ key, range }: Part, bytes: number, validator: string | undefined, size?: number): void {
    if (range === undefined) return;
    let known = this.#keys.get(key);
    if (known === undefined || known.validator !== validator) {
      known = { validator, size: undefined, sorted: [] };
      this.#keys.set(key, known);
    }
    if (validator !== undefined) {
      // A range that was kept and is shorter than it was asked for reaches the end.
      const end = "offset" in range && bytes > 0 && bytes < range.length ? range.offset + bytes : undefined;
      known.size ??= size ?? end;
    }
    const start =
      "offset" in range ? range.offset : known.size === undefined ? undefined : known.size - bytes;
    if (start === undefined || known.sorted.length >= MOST_RANGES) return;
    const at = lastBefore(known.sorted, start) + 1;
    const before = known.sorted[at - 1];
    if (before?.start === start && before.end >= start + bytes) return;
    known.sorted.splice(at, 0, { start, end: start + bytes, range });
  }

  /** The size of a value, if it is known: of this version, or else of the last that was seen. */
  sizeOf(key: string, validator?: string): number | undefined {
    const known = this.#keys.get(key);
    return validator === undefined || known?.validator === validator ? known?.size : undefined;
  }

  /** What a longer range that is cached answers for a part that is not. */
  async cut(part: Part, storage: Pick<CacheStorage, "get">): Promise<CacheHit | undefined> {
    const known = this.#keys.get(part.key);
    const wanted = known && place(part.range, known.size);
    if (known === undefined || wanted === undefined) return undefined;
    // Others may change the list while one is looked up.
    const last = lastBefore(known.sorted, wanted.start);
    const near = known.sorted.slice(Math.max(0, last - MOST_LOOKS), last + 1).reverse();
    for (const extent of near) {
      if (extent.end < wanted.end) continue;
      const hit = await storage.get({ storeId: part.storeId, key: part.key, range: extent.range });
      const value = hit?.validator === known.validator ? hit?.value : undefined;
      if (hit !== undefined && value?.byteLength === extent.end - extent.start) {
        const cut = copyBytes(value, wanted.start - extent.start, wanted.end - extent.start);
        return { ...hit, value: cut, owned: true };
      }
      const gone = known.sorted.indexOf(extent);
      if (gone >= 0) known.sorted.splice(gone, 1);
    }
    return undefined;
  }
}

/** Where a part lies; `undefined` where that takes a size that is not known. */
function place(
  range: RangeQuery | undefined,
  size: number | undefined,
): { readonly start: number; readonly end: number } | undefined {
  if (range !== undefined && "offset" in range) {
    const end = range.offset + range.length;
    return {
      start: range.offset,
      end: size === undefined ? end : Math.max(range.offset, Math.min(end, size)),
    };
  }
  if (size === undefined) return undefined;
  return { start: range === undefined ? 0 : Math.max(0, size - range.suffixLength), end: size };
}

/** The place of the last extent that begins at `start` or before; -1 when there is none. */
function lastBefore(sorted: readonly Extent[], start: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as Extent).start <= start) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
