import { assertEntryQuery } from "./entry-query.ts";
import { CacheUnavailableError, ClosedError, InvalidOptionError } from "./errors.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";
import type { Part } from "./part.ts";
import type {
  CacheClaim,
  CacheHit,
  CacheStorage,
  ClaimOptions,
  FillFacts,
  Invalidation,
  StorageEvents,
  StorageUsage,
  SweepReport,
  VerifyOptions,
  VerifyReport,
  WriteIntent,
} from "./storage.ts";
import type { Changes, ClaimRef, EntryPage, EntryQuery, StoreIndex } from "./store-index.ts";
import type { StoreOpener } from "./store-opener.ts";
import { BackgroundWork } from "./tier/background-work.ts";
import { ClaimKeeper } from "./tier/claim-keeper.ts";
import { Reclaimer } from "./tier/reclaimer.ts";
import { SealedBytes } from "./tier/sealed-bytes.ts";
import { TierFills } from "./tier/tier-fills.ts";
import { TierHealth } from "./tier/tier-health.ts";
import { TierLog } from "./tier/tier-log.ts";
import { TierOpening } from "./tier/tier-opening.ts";
import { type IndexedCacheStorageOptions, parseTierOptions, type TierSettings } from "./tier/tier-options.ts";
import { TierReads } from "./tier/tier-reads.ts";
import { assertVerifyOptions, deleteOrphans, verifyTier } from "./tier/verify.ts";
import type { TierStatistics } from "./tier-statistics.ts";

/** Milliseconds after which a write intent that could not be closed is closed, at the latest. */
const CLOSE_AGAIN_AFTER = 5_000;
const ANY_AGE = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };
const ORPHAN_SWEEP_MILLISECONDS = 3_600_000;
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
  readonly #work = new BackgroundWork();
  readonly #bytes: SealedBytes;
  readonly #keeper: ClaimKeeper;
  readonly #reclaimer: Reclaimer;
  readonly #opening: TierOpening;
  readonly #reads: TierReads;
  readonly #fills: TierFills;
  /** How far the invalidations of other processes were followed. */
  #cursor: number | undefined;
  #maintenance: unknown;
  #nextOrphanSweep = Number.NEGATIVE_INFINITY;
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
    const work = this.#work;
    index.onWarning?.((message) => log.events.emit("warning", { tier: log.tier, message }));
    const reclaimer = new Reclaimer({
      index,
      opener,
      bytes,
      onEvicted: (names) => log.evicted(names),
      onFault: (operation, error) => health.fault(undefined, operation, error, health.fills),
    });
    const onOpened = () => this.#maintain();
    const opening = new TierOpening({ index, opener, reclaimer, health, work, onOpened });
    const fills = new TierFills({ index, bytes, health, log, keeper, reclaimer, work, maxFillBytes });
    const reclaim = (storeId: string) => work.behind(storeId, fills.reclaim());
    this.#reads = new TierReads({ index, bytes, health, log, opening, settings, reclaim });
    this.#index = index;
    this.#opener = opener;
    this.#settings = settings;
    this.#log = log;
    this.#health = health;
    this.#bytes = bytes;
    this.#keeper = keeper;
    this.#reclaimer = reclaimer;
    this.#opening = opening;
    this.#fills = fills;
    this.fills = settings.fills;
  }

  async open(): Promise<void> {
    this.#assertOpen();
    await this.#opening.opened();
    await this.#opening.cleaned();
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

  async delete(storeId: string, key: string): Promise<void> {
    const intent = await this.openWrite(storeId, key);
    await intent.close();
  }

  invalidate(storeId: string, path: string): Promise<void> {
    return this.#change("invalidate", storeId, path, () => this.#index.invalidate(storeId, path));
  }

  async openWrite(storeId: string, key: string): Promise<WriteIntent> {
    const intent = await this.#change("write", storeId, key, () => this.#index.openWrite(storeId, key));
    this.#keeper.hold({ claim: intent, lost: () => {} });
    return { close: (value) => this.#closeWrite(intent, value) };
  }

  deleteStore(storeId: string): Promise<void> {
    return this.#change("deleteStore", storeId, "/", () => this.#index.deleteStore(storeId));
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
    await this.open();
    return verifyTier(this.#parts(), options);
  }

  async sweep(): Promise<SweepReport> {
    await this.open();
    const { expired, deleted } = await this.#tidy();
    const orphans = await deleteOrphans(this.#parts(), true);
    return { expired, deleted: deleted + orphans, orphans };
  }

  catchUp(): MaybePromise<boolean> {
    if (this.#index.changes === undefined) return true;
    const unheard = (error: unknown) => {
      this.#health.fault(undefined, "changes", error);
      return false;
    };
    try {
      if (!this.#opening.isOpen) return this.#opening.opened().then(() => this.catchUp(), unheard);
      const changes = this.#index.changes(this.#cursor);
      return isPromise(changes) ? changes.then((it) => this.#heard(it), unheard) : this.#heard(changes);
    } catch (error) {
      return unheard(error);
    }
  }

  on<E extends keyof StorageEvents>(event: E, listener: (detail: StorageEvents[E]) => void): () => void {
    return this.#log.events.on(event, listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#settings.timers.clear(this.#maintenance);
    await this.#fills.end();
    await this.idle();
    await this.#index.close();
    await this.#opener.close?.();
  }

  /** Closes a write intent; one that cannot be closed now is closed later, since others must hear of it. */
  async #closeWrite(intent: ClaimRef, value: Uint8Array | undefined): Promise<void> {
    const { storeId, key } = intent.part;
    this.#keeper.drop(intent);
    const close = (keep: boolean) =>
      this.#change("write", storeId, key, () => this.#index.closeWrite(intent, keep));
    let kept: ClaimRef | undefined;
    try {
      kept = await close(value !== undefined);
    } catch (error) {
      this.#settings.timers.set(
        () => {
          if (!this.#closed) this.#work.behind(storeId, close(false));
        },
        Math.min(this.#index.lockAge, CLOSE_AGAIN_AFTER),
        { background: true },
      );
      throw error;
    }
    if (kept === undefined || value === undefined) return;
    const age = Math.max(0, kept.claimedAt - intent.claimedAt);
    await this.#fills.begin(kept).commit(value, { age });
  }

  /** Changes the index, then tells the fills and listeners of this process. With an index in memory, all in this turn. */
  async #change<T>(
    operation: string,
    storeId: string,
    path: string,
    change: () => MaybePromise<T>,
  ): Promise<T> {
    this.#assertOpen();
    let result: T;
    try {
      if (!this.#opening.isOpen) await this.#opening.opened();
      const answer = this.#health.atLength(operation, change());
      result = isPromise(answer) ? await answer : answer;
    } catch (error) {
      this.#health.fault(storeId, operation, error, this.#health.fills);
      throw new CacheUnavailableError(`${operation} of ${path}`, error);
    }
    this.#dropped({ storeId, path, elsewhere: false });
    this.#work.behind(storeId, this.#fills.reclaim());
    return result;
  }

  #dropped(invalidation: Invalidation): void {
    this.#fills.revoke(invalidation.storeId, invalidation.path);
    this.#log.events.emit("invalidate", invalidation);
  }

  #heard(changes: Changes): boolean {
    if (changes.cursor === this.#cursor) return true;
    const isFirst = this.#cursor === undefined;
    this.#cursor = changes.cursor;
    // Nothing was copied from below before the first time.
    if (isFirst) return true;
    const all = () => this.#log.storeIds().map((storeId) => ({ storeId, path: "/" }));
    for (const { storeId, path } of changes.lost ? all() : changes.paths)
      this.#dropped({ storeId, path, elsewhere: true });
    return true;
  }

  /** Tidies up after the dead while this storage is open. */
  #maintain(): void {
    if (this.#index.scope === "process") return;
    this.#maintenance = this.#settings.timers.set(
      () => {
        if (this.#closed) return;
        const tidied = this.#upkeep().catch((error) => this.#health.fault(undefined, "sweep", error));
        this.#work.behind(undefined, tidied);
        this.#maintain();
      },
      this.#index.lockAge,
      { background: true },
    );
  }

  /** Tidies, and every hour, the first time soon after opening, looks for bytes that nothing charges for. */
  async #upkeep(): Promise<void> {
    await this.#tidy();
    const now = this.#settings.monotonic();
    if (now < this.#nextOrphanSweep) return;
    this.#nextOrphanSweep = now + ORPHAN_SWEEP_MILLISECONDS;
    await this.#opening.cleaned();
    await deleteOrphans(this.#parts(), true);
  }

  async #tidy(): Promise<{ expired: number; deleted: number }> {
    let expired = 0;
    for (;;) {
      const step = await this.#index.sweep();
      expired += step.expired;
      if (!step.more) break;
    }
    return { expired, deleted: await this.#reclaimer.reclaim() };
  }

  #parts() {
    return { index: this.#index, opener: this.#opener, bytes: this.#bytes, reclaimer: this.#reclaimer };
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError("The cache storage");
  }
}
