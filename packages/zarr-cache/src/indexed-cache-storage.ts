import { assertEntryQuery } from "./entry-query.ts";
import { CacheUnavailableError, ClosedError, InvalidOptionError, isZarrCacheError } from "./errors.ts";
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
import { Admission } from "./tier/admission.ts";
import { BackgroundWork } from "./tier/background-work.ts";
import { ChangeFollower } from "./tier/change-follower.ts";
import { ClaimKeeper } from "./tier/claim-keeper.ts";
import { weightOf } from "./tier/entry-weight.ts";
import { Leftovers } from "./tier/leftovers.ts";
import { Reclaimer } from "./tier/reclaimer.ts";
import { SealedBytes } from "./tier/sealed-bytes.ts";
import { TierChanges } from "./tier/tier-changes.ts";
import { TierFills } from "./tier/tier-fills.ts";
import { TierHealth } from "./tier/tier-health.ts";
import { TierLog } from "./tier/tier-log.ts";
import { TierOpening } from "./tier/tier-opening.ts";
import { type IndexedCacheStorageOptions, parseTierOptions, type TierSettings } from "./tier/tier-options.ts";
import { TierReads } from "./tier/tier-reads.ts";
import { TierUpkeep } from "./tier/tier-upkeep.ts";
import { assertVerifyOptions, type VerifiedTier, verifyTier } from "./tier/verify.ts";
import type { TierStatistics } from "./tier-statistics.ts";

const ANY_AGE = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };
const NO_AGE = { present: -1, missing: -1 };

/**
 * One tier: a {@link StoreIndex} that knows what is cached and a {@link StoreOpener} where the bytes are, kept in step.
 *
 * Bytes exist only under names that the index charges for: a name is reserved before it is written, and a condemned
 * name is deleted before it is freed. Whatever fails on the way, reads answer from the source and the fault is counted.
 */
export class IndexedCacheStorage implements CacheStorage {
  readonly fills: "background" | "await";
  readonly #index: StoreIndex;
  readonly #opener: StoreOpener;
  readonly #settings: TierSettings;
  readonly #log: TierLog;
  readonly #health: TierHealth;
  readonly #work: BackgroundWork;
  readonly #opening: TierOpening;
  readonly #reads: TierReads;
  readonly #fills: TierFills;
  readonly #changes: TierChanges;
  readonly #follower: ChangeFollower;
  readonly #upkeep: TierUpkeep;
  readonly #parts: VerifiedTier;
  readonly #leftovers: Leftovers;
  #closed = false;

  constructor(index: StoreIndex, opener: StoreOpener, options: IndexedCacheStorageOptions = {}) {
    if (typeof index?.claim !== "function" || !("scope" in index))
      throw new InvalidOptionError("index", index, "a store index, such as new MemoryStoreIndex()");
    if (typeof opener?.open !== "function" || typeof opener.footprint !== "function")
      throw new InvalidOptionError("opener", opener, "a store opener, such as new MemoryStoreOpener()");
    const settings = parseTierOptions(options, opener.medium);
    const { timers, maxFillBytes } = settings;
    const log = new TierLog(settings.tier);
    const health = new TierHealth({ ...settings, log });
    const bytes = new SealedBytes(opener);
    const keeper = new ClaimKeeper(index, timers);
    const work = new BackgroundWork({
      patience: health.patience,
      timers,
      onStuck: (error) => health.fault(undefined, "idle", error),
    });
    index.onWarning?.((message) => log.events.emit("warning", { tier: log.tier, message }));
    const reclaimer = new Reclaimer({
      index,
      bytes,
      within: (what, answer) => health.atLength(what, answer),
      onEvicted: (names) => log.evicted(names),
      onFault: (operation, error) => health.fault(undefined, operation, error, health.fills),
    });
    const onFault = (error: unknown) => health.fault(undefined, "purge", error);
    const leftovers = new Leftovers({ index, opener, reclaimer, timers, onFault });
    this.#leftovers = leftovers;
    this.#parts = { index, opener, bytes, reclaimer };
    const onOpened = () => this.#upkeep.begin();
    const onReopened = () => this.#beginAnew();
    const opening = new TierOpening({
      index,
      opener,
      reclaimer,
      leftovers,
      health,
      log,
      work,
      onOpened,
      onReopened,
    });
    const admission = new Admission(settings);
    const fills = new TierFills({
      index,
      bytes,
      health,
      log,
      keeper,
      reclaimer,
      leftovers,
      work,
      timers,
      admission,
      isAwaited: settings.fills === "await",
      maxFillBytes,
    });
    index.onShrink?.(() => work.behind(undefined, fills.lower()));
    const reclaim = (storeId: string) => work.behind(storeId, fills.reclaim());
    const assertOpen = () => this.#assertOpen();
    const changes = new TierChanges({ index, opening, health, log, keeper, fills, work, timers, assertOpen });
    this.#reads = new TierReads({ index, bytes, health, log, opening, settings, reclaim });
    this.#follower = new ChangeFollower({
      index,
      opening,
      health,
      storeIds: () => log.storeIds(),
      dropped: (invalidation) => changes.dropped(invalidation),
    });
    this.#upkeep = new TierUpkeep({ parts: this.#parts, opening, leftovers, keeper, health, work, settings });
    this.#index = index;
    this.#opener = opener;
    this.#settings = settings;
    this.#log = log;
    this.#health = health;
    this.#work = work;
    this.#opening = opening;
    this.#fills = fills;
    this.#changes = changes;
    this.fills = settings.fills;
  }

  async open(): Promise<void> {
    this.#assertOpen();
    await this.#opening.openOrLater();
  }

  now(): number {
    return this.#index.now();
  }

  async bind(storeId: string, identity: string | undefined): Promise<void> {
    this.#assertOpen();
    await this.#opening.bind(storeId, identity);
  }

  get(part: Part): MaybePromise<CacheHit | undefined> {
    if (this.#closed) return undefined;
    // Whoever listens learns before the answer what others have dropped, such as the binding of the store id.
    if (this.#index.changes !== undefined && this.#opening.isOpen) void this.catchUp();
    return this.#reads.get(part);
  }

  async claim(part: Part, options: ClaimOptions = {}): Promise<CacheClaim> {
    if (this.#closed) return { state: "pass", reason: "closed" };
    const health = this.#health;
    if (!health.fills.admits() || !this.#opening.isBound(part.storeId))
      return { state: "pass", reason: "fault" };
    try {
      // Twice: an entry whose bytes turn out to be gone or corrupt is condemned, and then claimed.
      for (let attempt = 0; attempt < 2; attempt++) {
        await health.within("open", this.#opening.opened());
        await health.within("purge", this.#opening.cleaned());
        const started = this.#settings.monotonic();
        const answer = await this.#fills.claim(part, options.fresh ?? ANY_AGE);
        if (answer.state === "fill") return this.#fills.begin(answer.claim);
        if (answer.state === "pass") return { state: "pass", reason: answer.writing ? "writing" : "marked" };
        if (answer.state === "wait" && this.#fills.isStuck(answer.token)) break;
        if (answer.state === "wait")
          return { state: "wait", settled: () => this.#reads.settled(part, answer.token, options.signal) };
        const hit = await this.#reads.readEntry(part, answer.entry, started);
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
    if (this.#closed) return false;
    try {
      await this.#opening.opened();
      return (await this.#index.peek(part)) !== undefined;
    } catch (error) {
      this.#health.fault(part.storeId, "has", error, this.#health.reads);
      return false;
    }
  }

  async peek(part: Part): Promise<CachedFacts | undefined> {
    if (this.#closed) return undefined;
    return this.#reads.peek(part);
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
    return this.#changes.invalidate(storeId, path);
  }

  openWrite(storeId: string, key: string): Promise<WriteIntent> {
    return this.#changes.openWrite(storeId, key);
  }

  deleteStore(storeId: string): Promise<void> {
    return this.#changes.deleteStore(storeId);
  }

  closeStore(storeId: string): Promise<void> {
    return this.#fills.end(storeId);
  }

  idle(storeId?: string): Promise<void> {
    return this.#work.idle(storeId);
  }

  async usage(storeId?: string): Promise<StorageUsage> {
    this.#assertOpen();
    await this.#opening.opened();
    const usage = await this.#index.usage(storeId);
    return { ...usage, tiers: [{ ...usage, tier: this.#settings.tier, sick: this.#health.sick }] };
  }

  tierStatistics(storeId?: string): readonly TierStatistics[] {
    return [this.#log.statistics(storeId)];
  }

  async entries(query: EntryQuery = {}): Promise<EntryPage> {
    assertEntryQuery(query);
    this.#assertOpen();
    await this.#opening.opened();
    return this.#index.entries(query);
  }

  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    assertVerifyOptions(options);
    await this.#ready();
    return verifyTier(this.#parts, options);
  }

  async sweep(): Promise<SweepReport> {
    await this.#ready();
    return this.#upkeep.sweep();
  }

  catchUp(): MaybePromise<boolean> {
    return this.#follower.catchUp();
  }

  get heard(): HeardPosition | undefined {
    return this.#index.heard;
  }

  copiesAbove(context: CopiesContext): CopiesAbove | undefined {
    return this.#index.copiesAbove?.(context, this.#follower);
  }

  on<E extends keyof StorageEvents>(event: E, listener: (detail: StorageEvents[E]) => void): () => void {
    return this.#log.events.on(event, listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#upkeep.end();
    this.#changes.end();
    await this.#fills.end();
    await this.#partClosed(this.#leftovers.stop());
    await this.idle();
    await this.#partClosed(this.#index.close());
    await this.#partClosed(this.#opener.close?.());
  }

  /** The index forgot everything, bindings too; bytes that it charged for are found by their names. */
  #beginAnew(): void {
    this.#upkeep.lookForOrphansSoon();
    for (const storeId of this.#log.storeIds())
      this.#changes.dropped({ storeId, path: "/", elsewhere: true });
  }

  /** Waits for a part to be closed, but not for ever. */
  async #partClosed(closing: MaybePromise<void>): Promise<void> {
    try {
      await this.#health.atLength("close", closing);
    } catch (error) {
      if (!isZarrCacheError(error, "DeadlineError")) throw error;
      this.#health.fault(undefined, "close", error);
    }
  }

  async #weigh(part: Part, weight: number): Promise<"weighed" | "refused" | "absent"> {
    this.#assertOpen();
    try {
      await this.#health.atLength("open", this.#opening.opened());
      return await this.#health.atLength("pin", this.#index.weigh(part, weight));
    } catch (error) {
      this.#health.fault(part.storeId, "pin", error, this.#health.fills);
      throw new CacheUnavailableError(`pin of ${part.key}`, error);
    }
  }

  async #ready(): Promise<void> {
    this.#assertOpen();
    await this.#opening.opened();
    await this.#opening.cleaned();
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError("The cache storage");
  }
}
