import type { Key } from "../key.ts";
import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import type { Part } from "../part.ts";
import { copyBytes, type RangeQuery, rangeLength } from "../range.ts";
import type { CachedFacts, CacheHit, FillPurpose } from "../storage.ts";
import { askAlone } from "./asking.ts";
import type { Binding } from "./binding.ts";
import type { Looked } from "./flights.ts";
import type { Listing } from "./listing.ts";
import { readOffline } from "./offline.ts";
import type { Asker, OnAnswer } from "./read-answer.ts";
import type { Reader } from "./reader.ts";
import type { ReaderContext } from "./reader-context.ts";
import { isOfVersion } from "./served-versions.ts";
import { emitHit } from "./store-events.ts";

const NO_BYTES = new Uint8Array(0);

/** A reader's signal, or how to get it where it is needed. */
export type SignalOf = AbortSignal | undefined | (() => AbortSignal);

/** What the front desk needs of its store. */
export interface FrontDeskContext
  extends Pick<ReaderContext, "source" | "storeId" | "storage" | "counters" | "events" | "isShared"> {
  readonly binding: Binding;
  readonly reader: Reader;
  readonly listing: Listing;
  readonly isOffline: boolean;
}

/** Answers reads at once from memory where that will do, and sends the others to the reader. Counts all of them. */
export class FrontDesk {
  readonly #context: FrontDeskContext;

  constructor(context: FrontDeskContext) {
    this.#context = context;
  }

  /**
   * Answers in the same turn what memory has; `signal` is asked for where the read has to wait. Bytes of another version
   * than the one given are refused.
   */
  read(
    key: Key,
    range: RangeQuery | undefined,
    signal: SignalOf,
    told?: OnAnswer,
    version?: string,
  ): MaybePromise<Uint8Array | undefined> {
    const { storeId, storage, counters, binding, reader } = this.#context;
    counters.reads++;
    if (range !== undefined && rangeLength(range) === 0) {
      counters.hits++;
      return new Uint8Array(0);
    }
    const part: Part = range === undefined ? { storeId, key } : { storeId, key, range };
    if (this.#context.isOffline) return this.offline(part, { told, version });
    const later = (looked?: Looked) =>
      reader.read(part, typeof signal === "function" ? signal() : signal, { told, version }, looked);
    if (!binding.isBound || reader.isFlying(part)) return later();
    const hit = storage.get(part);
    // What the look-up heard of other processes may be that the id is no longer ours.
    if (!binding.isBound) return later();
    if (
      !isPromise(hit) &&
      hit !== undefined &&
      isOfVersion(version, hit.validator) &&
      this.#isGood(part, hit, told)
    )
      return this.#bytesOf(hit);
    return later({ hit });
  }

  /** Reads a part from the cache alone; see {@link readOffline}. */
  async offline(part: Part, { told, version }: Asker = {}): Promise<Uint8Array | undefined> {
    const { storage, counters, events, listing, reader } = this.#context;
    try {
      await this.#context.binding.bound();
      const fits = (hit: CacheHit) => reader.judge(part, hit) !== "foreign";
      const hit = await readOffline(storage, listing, part, fits);
      const { value, owned, tier } = hit;
      if ("age" in hit) {
        reader.check(part, hit, version);
        reader.handedOut(part, hit);
      }
      value === undefined ? counters.negativeHits++ : counters.hits++;
      if (tier !== undefined) emitHit(events, part, tier, value);
      if (told !== undefined && "age" in hit) reader.tell(told, part, hit, "hit", tier);
      return value === undefined || owned || this.#context.isShared ? value : copyBytes(value);
    } catch (error) {
      counters.failures++;
      throw error;
    }
  }

  /** Whether a key has a value: by a fresh entry, else by the source. */
  async has(key: Key, signal: AbortSignal | undefined, told?: OnAnswer): Promise<boolean> {
    const hit = await this.fresh(key);
    if (hit !== undefined) return hit.value !== undefined;
    const { source } = this.#context;
    if (source.has === undefined) return (await this.read(key, undefined, signal, told)) !== undefined;
    return askAlone((own) => source.has?.(key, { signal: own }) ?? false, signal);
  }

  /** Reads a key for nobody yet, and waits until it is kept, or will not be. */
  async prefetch(
    key: Key,
    signal: AbortSignal | undefined,
    purpose: FillPurpose,
  ): Promise<Uint8Array | undefined> {
    const { storeId, counters, reader, isOffline } = this.#context;
    const part: Part = { storeId, key };
    counters.reads++;
    if (isOffline) return this.offline(part);
    const value = await reader.read(part, signal, {}, undefined, purpose);
    await reader.kept(part);
    return value;
  }

  /** What is known of a key that is cached in the lowest tier and fresh, which counts no use; offline whatever its age. */
  async known(key: Key): Promise<CachedFacts | undefined> {
    const { storeId, storage, binding, reader, isOffline } = this.#context;
    await binding.bound();
    const part: Part = { storeId, key };
    const facts = await storage.peek(part);
    if (facts === undefined || isOffline) return facts;
    const value = facts.missing ? undefined : NO_BYTES;
    return (await reader.isFresh(part, { ...facts, value, owned: false })) ? facts : undefined;
  }

  /** What is cached of a key and fresh, without counting a read; offline whatever its age. */
  async fresh(key: Key): Promise<CacheHit | undefined> {
    const { storeId, storage, binding, reader, isOffline } = this.#context;
    await binding.bound();
    const part: Part = { storeId, key };
    const hit = await storage.get(part);
    return hit !== undefined && (isOffline || (await reader.isFresh(part, hit))) ? hit : undefined;
  }

  /** Whether a hit is good enough, which is then counted as handed out; else the source must be asked. */
  #isGood(part: Part, hit: CacheHit, told: OnAnswer | undefined): boolean {
    const { counters, events, reader } = this.#context;
    const verdict = reader.judge(part, hit);
    if (verdict === "expired" || verdict === "foreign") return false;
    reader.handedOut(part, hit);
    const { value } = hit;
    if (verdict === "stale") {
      counters.stale++;
      reader.refreshBehind(part);
    } else if (value === undefined) counters.negativeHits++;
    else counters.hits++;
    emitHit(events, part, hit.tier, value);
    if (told !== undefined) reader.tell(told, part, hit, verdict === "stale" ? verdict : "hit", hit.tier);
    return true;
  }

  /** The reader's own, unless readers share what is kept. */
  #bytesOf({ value, owned }: CacheHit): Uint8Array | undefined {
    return value === undefined || owned || this.#context.isShared ? value : copyBytes(value);
  }
}
