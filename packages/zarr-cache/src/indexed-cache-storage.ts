import { ANY_AGE, NO_AGE } from "./ages.ts";
import { assertEntryQuery } from "./entry-query.ts";
import { CacheUnavailableError, isZarrCacheError } from "./errors.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { Part } from "./part.ts";
import { PINNED } from "./policy.ts";
import type {
  CacheClaim,
  CachedFacts,
  CacheHit,
  CacheStorage,
  ClaimOptions,
  FillFacts,
  PinOutcome,
  StorageEvents,
  StorageUsage,
  SweepReport,
  VerifyOptions,
  VerifyReport,
  WriteIntent,
} from "./storage.ts";
import type {
  CopiesAbove,
  CopiesContext,
  EntryPage,
  EntryQuery,
  HeardPosition,
  StoreIndex,
} from "./store-index.ts";
import type { StoreOpener } from "./store-opener.ts";
import { weightOf } from "./tier/entry-weight.ts";
import type { IndexedCacheStorageOptions } from "./tier/tier-options.ts";
import { openTier, type TierRooms } from "./tier/tier-rooms.ts";
import { assertVerifyOptions, verifyTier } from "./tier/verify.ts";
import type { TierStatistics } from "./tier-statistics.ts";

/**
 * One tier: a {@link StoreIndex} that knows what is cached and a {@link StoreOpener} where the bytes are, kept in step.
 *
 * Bytes exist only under names that the index charges for: a name is reserved before it is written, and a condemned
 * name is deleted before it is freed. Whatever fails on the way, reads answer from the source and the fault is counted.
 */
export class IndexedCacheStorage implements CacheStorage {
  readonly fills: "background" | "await";
  readonly #tier: TierRooms;

  constructor(index: StoreIndex, opener: StoreOpener, options: IndexedCacheStorageOptions = {}) {
    this.#tier = openTier(index, opener, options);
    this.fills = this.#tier.settings.fills;
  }

  async open(): Promise<void> {
    const { opening } = this.#tier;
    opening.assertUsable();
    await opening.openOrLater();
  }

  now(): number {
    return this.#tier.index.now();
  }

  async bind(storeId: string, identity: string | undefined): Promise<void> {
    const { opening } = this.#tier;
    opening.assertUsable();
    await opening.bind(storeId, identity);
  }

  get(part: Part): MaybePromise<CacheHit | undefined> {
    const { opening, index, reads } = this.#tier;
    if (opening.isClosed) return undefined;
    // Whoever listens learns before the answer what others have dropped, such as the binding of the store id.
    if (index.changes !== undefined && opening.isOpen) void this.catchUp();
    return reads.get(part);
  }

  async claim(part: Part, options: ClaimOptions = {}): Promise<CacheClaim> {
    const { opening, health, fills, reads, settings } = this.#tier;
    if (opening.isClosed) return { state: "pass", reason: "closed" };
    if (!health.fills.admits() || !opening.isBound(part.storeId)) return { state: "pass", reason: "fault" };
    try {
      // Twice: an entry whose bytes turn out to be gone or corrupt is condemned, and then claimed.
      for (let attempt = 0; attempt < 2; attempt++) {
        await health.within("open", opening.opened());
        await health.within("purge", opening.cleaned());
        const started = settings.monotonic();
        const answer = await fills.claim(part, options.fresh ?? ANY_AGE);
        if (answer.state === "fill") return fills.begin(answer.claim);
        if (answer.state === "pass") return { state: "pass", reason: answer.writing ? "writing" : "marked" };
        if (answer.state === "wait" && fills.isStuck(answer.token)) break;
        if (answer.state === "wait")
          return { state: "wait", settled: () => reads.settled(part, answer.token, options.signal) };
        const hit = await reads.readEntry(part, answer.entry, started);
        if (hit !== undefined) return { state: "hit", hit };
      }
    } catch (error) {
      health.fault(part.storeId, "claim", error, health.fills);
    }
    return { state: "pass", reason: "fault" };
  }

  async put(part: Part, value: Uint8Array | undefined, facts?: Partial<FillFacts>): Promise<boolean> {
    const claim = await this.claim(part, { fresh: NO_AGE });
    return claim.state === "fill" ? claim.commit(value, facts) : false;
  }

  async has(part: Part): Promise<boolean> {
    const { opening, index, health } = this.#tier;
    if (opening.isClosed) return false;
    try {
      await opening.opened();
      return (await index.peek(part)) !== undefined;
    } catch (error) {
      health.fault(part.storeId, "has", error, health.reads);
      return false;
    }
  }

  async peek(part: Part): Promise<CachedFacts | undefined> {
    const { opening, reads } = this.#tier;
    return opening.isClosed ? undefined : reads.peek(part);
  }

  async pin(part: Part): Promise<PinOutcome> {
    const outcome = await this.#weigh(part, PINNED);
    return outcome === "weighed" ? "pinned" : outcome === "refused" ? "full" : outcome;
  }

  async unpin(part: Part): Promise<boolean> {
    return (await this.#weigh(part, weightOf(part))) === "weighed";
  }

  async delete(storeId: string, key: string): Promise<void> {
    const intent = await this.openWrite(storeId, key);
    await intent.close();
  }

  invalidate(storeId: string, path: string): Promise<void> {
    return this.#tier.changes.invalidate(storeId, path);
  }

  openWrite(storeId: string, key: string): Promise<WriteIntent> {
    return this.#tier.changes.openWrite(storeId, key);
  }

  deleteStore(storeId: string): Promise<void> {
    return this.#tier.changes.deleteStore(storeId);
  }

  closeStore(storeId: string): Promise<void> {
    return this.#tier.fills.end(storeId);
  }

  idle(storeId?: string): Promise<void> {
    return this.#tier.work.idle(storeId);
  }

  async usage(storeId?: string): Promise<StorageUsage> {
    const { index, settings, health } = this.#tier;
    await this.#opened();
    const usage = await index.usage(storeId);
    return { ...usage, tiers: [{ ...usage, tier: settings.tier, sick: health.sick }] };
  }

  tierStatistics(storeId?: string): readonly TierStatistics[] {
    return [this.#tier.log.statistics(storeId)];
  }

  async entries(query: EntryQuery = {}): Promise<EntryPage> {
    assertEntryQuery(query);
    await this.#opened();
    return this.#tier.index.entries(query);
  }

  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    assertVerifyOptions(options);
    await this.#ready();
    return verifyTier(this.#tier, options);
  }

  async sweep(): Promise<SweepReport> {
    await this.#ready();
    return this.#tier.upkeep.sweep();
  }

  catchUp(): MaybePromise<boolean> {
    return this.#tier.follower.catchUp();
  }

  get heard(): HeardPosition | undefined {
    return this.#tier.index.heard;
  }

  copiesAbove(context: CopiesContext): CopiesAbove | undefined {
    return this.#tier.index.copiesAbove?.(context, this.#tier.follower);
  }

  on<E extends keyof StorageEvents>(event: E, listener: (detail: StorageEvents[E]) => void): () => void {
    return this.#tier.log.events.on(event, listener);
  }

  async close(): Promise<void> {
    const { index, opener, opening, upkeep, fills, leftovers } = this.#tier;
    if (opening.isClosed) return;
    opening.close();
    upkeep.end();
    await fills.end();
    await this.#partClosed(leftovers.stop());
    await this.idle();
    await this.#partClosed(index.close());
    await this.#partClosed(opener.close?.());
  }

  /** Waits for a part to be closed, but not for ever. */
  async #partClosed(closing: MaybePromise<void>): Promise<void> {
    const { health } = this.#tier;
    try {
      await health.atLength("close", closing);
    } catch (error) {
      if (!isZarrCacheError(error, "DeadlineError")) throw error;
      health.fault(undefined, "close", error);
    }
  }

  async #weigh(part: Part, weight: number): Promise<"weighed" | "refused" | "absent"> {
    const { index, health, opening } = this.#tier;
    opening.assertUsable();
    try {
      await health.atLength("open", opening.opened());
      return await health.atLength("pin", index.weigh(part, weight));
    } catch (error) {
      health.fault(part.storeId, "pin", error, health.fills);
      throw new CacheUnavailableError(`pin of ${part.key}`, error);
    }
  }

  async #opened(): Promise<void> {
    const { opening } = this.#tier;
    opening.assertUsable();
    await opening.opened();
  }

  async #ready(): Promise<void> {
    await this.#opened();
    await this.#tier.opening.cleaned();
  }
}
