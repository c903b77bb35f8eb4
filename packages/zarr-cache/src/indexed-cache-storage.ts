import { CacheUnavailableError, ClosedError, isZarrCacheError } from "./errors.ts";
import { Emitter } from "./events.ts";
import { isUnder } from "./key.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";
import type { Part } from "./part.ts";
import type {
  CacheClaim,
  CacheHit,
  CacheStorage,
  ClaimOptions,
  FillFacts,
  Invalidation,
  PassReason,
  StorageEvents,
  StorageUsage,
  SweepReport,
  VerifyOptions,
  VerifyReport,
  WaitOutcome,
  WriteIntent,
} from "./storage.ts";
import type {
  ClaimAnswer,
  ClaimRef,
  EntryFacts,
  EntryPage,
  EntryQuery,
  FreshWithin,
  IndexEntry,
  IndexState,
  StoreIndex,
} from "./store-index.ts";
import type { StoredName, StoreOpener } from "./store-opener.ts";
import { ClaimKeeper } from "./tier/claim-keeper.ts";
import { type FillSteps, IndexedFill, type Wanted } from "./tier/indexed-fill.ts";
import { Reclaimer } from "./tier/reclaimer.ts";
import { type BytesRead, SealedBytes } from "./tier/sealed-bytes.ts";
import { isLate, TierHealth } from "./tier/tier-health.ts";
import { type IndexedCacheStorageOptions, parseTierOptions, type TierSettings } from "./tier/tier-options.ts";
import { deleteOrphans, verifyTier } from "./tier/verify.ts";
import { TierCounters, type TierStatistics } from "./tier-statistics.ts";

const ANY_AGE = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };

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
  readonly #bytes: SealedBytes;
  readonly #health: TierHealth;
  readonly #keeper: ClaimKeeper;
  readonly #reclaimer: Reclaimer;
  readonly #events = new Emitter<StorageEvents>();
  readonly #totals = new TierCounters();
  readonly #counters = new Map<string, TierCounters>();
  readonly #fills = new Set<IndexedFill>();
  /** Work that `idle` waits for, with the store it is for. */
  readonly #work = new Map<Promise<unknown>, string | undefined>();
  /** Writes of bytes that took too long and still run. */
  readonly #late = new Map<string, Promise<unknown>>();
  /** Store ids whose binding could not be confirmed, with the identity of their source. */
  readonly #unbound = new Map<string, string | undefined>();
  readonly #rebinding = new Set<string>();
  #state: IndexState | undefined;
  #opening: Promise<IndexState> | undefined;
  #clean: Promise<void> | undefined;
  #fillBytes = 0;
  #cursor: number | undefined;
  #maintenance: unknown;
  #closed = false;

  constructor(index: StoreIndex, opener: StoreOpener, options: IndexedCacheStorageOptions = {}) {
    this.#index = index;
    this.#opener = opener;
    this.#settings = parseTierOptions(options, opener.medium);
    this.fills = this.#settings.fills;
    const { tier, deadline, timers, monotonic } = this.#settings;
    this.#bytes = new SealedBytes(opener);
    this.#keeper = new ClaimKeeper(index, timers);
    this.#health = new TierHealth({
      tier,
      deadline,
      timers,
      monotonic,
      events: this.#events,
      totals: this.#totals,
    });
    this.#reclaimer = new Reclaimer({
      index,
      opener,
      bytes: this.#bytes,
      onEvicted: (names) => this.#countEvicted(names),
      onFault: (operation, error) => this.#health.fault(operation, error, this.#health.fills),
    });
  }

  async open(): Promise<void> {
    this.#assertOpen();
    await this.#opened();
    await this.#cleaned();
  }

  now(): number {
    return this.#index.now();
  }

  async bind(storeId: string, identity: string | undefined): Promise<void> {
    this.#assertOpen();
    try {
      await this.#health.within("open", this.#opened());
      await this.#health.within("bind", this.#index.bind(storeId, identity));
      this.#unbound.delete(storeId);
    } catch (error) {
      // Who is told that the id is another's asks for nothing more; the one that it belongs to is not disturbed.
      if (isZarrCacheError(error, "StoreIdConflictError")) throw error;
      // Whether the id is another source's is not known, so nothing is answered for it until it is.
      this.#unbound.set(storeId, identity);
      this.#faultOf(storeId, "bind", error, this.#health.reads);
    }
  }

  get(part: Part): MaybePromise<CacheHit | undefined> {
    if (this.#closed || !this.#health.reads.admits() || !this.#isBound(part.storeId)) return undefined;
    const started = this.#settings.monotonic();
    try {
      if (this.#state === undefined) return this.#getLater(part, started);
      const entry = this.#index.lookup(part);
      if (isPromise(entry)) return this.#getLater(part, started, entry);
      if (entry === undefined || entry.missing) return this.#answer(part, entry, undefined, started);
      const read = this.#bytes.read(part, entry);
      if (isPromise(read) || read.state !== "read") return this.#getLater(part, started, entry, read);
      return this.#answer(part, entry, read, started);
    } catch (error) {
      this.#faultOf(part.storeId, "get", error, this.#health.reads);
      return undefined;
    }
  }

  async claim(part: Part, options: ClaimOptions = {}): Promise<CacheClaim> {
    if (this.#closed) return { state: "pass", reason: "closed" };
    if (!this.#health.fills.admits() || !this.#isBound(part.storeId))
      return { state: "pass", reason: "fault" };
    try {
      // Twice: an entry whose bytes turn out to be gone or corrupt is condemned, and then claimed.
      for (let attempt = 0; attempt < 2; attempt++) {
        await this.#health.within("open", this.#opened());
        await this.#health.within("purge", this.#cleaned());
        const started = this.#settings.monotonic();
        const answer = await this.#claimed(part, options.fresh ?? ANY_AGE);
        this.#health.fills.succeeded();
        if (answer.state === "fill") return this.#fill(answer.claim);
        if (answer.state === "pass") return { state: "pass", reason: "writing" };
        if (answer.state === "wait")
          return { state: "wait", settled: () => this.#settled(part, answer.token, options.signal) };
        const hit = await this.#readEntry(part, answer.entry, undefined, started);
        if (hit !== undefined) return { state: "hit", hit };
      }
    } catch (error) {
      this.#faultOf(part.storeId, "claim", error, this.#health.fills);
    }
    return { state: "pass", reason: "fault" };
  }

  async put(part: Part, value: Uint8Array | undefined, facts?: Partial<FillFacts>): Promise<boolean> {
    const claim = await this.claim(part, { fresh: { present: -1, missing: -1 } });
    return claim.state === "fill" ? claim.commit(value, facts) : false;
  }

  async has(part: Part): Promise<boolean> {
    try {
      await this.#opened();
      return (await this.#index.peek(part)) !== undefined;
    } catch (error) {
      this.#faultOf(part.storeId, "has", error, this.#health.reads);
      return false;
    }
  }

  async delete(storeId: string, key: string): Promise<void> {
    const intent = await this.openWrite(storeId, key);
    await intent.close();
  }

  invalidate(storeId: string, path: string): Promise<void> {
    return this.#mutate("invalidate", storeId, path, () => this.#index.invalidate(storeId, path));
  }

  async openWrite(storeId: string, key: string): Promise<WriteIntent> {
    const claim = await this.#mutate("write", storeId, key, () => this.#index.openWrite(storeId, key));
    this.#keeper.hold({ claim, lost: () => {} });
    return {
      close: async (value) => {
        this.#keeper.drop(claim);
        const kept = await this.#mutate("write", storeId, key, () =>
          this.#index.closeWrite(claim, value !== undefined),
        );
        if (kept === undefined || value === undefined) return;
        const age = Math.max(0, kept.claimedAt - claim.claimedAt);
        await this.#fill(kept).commit(value, { age });
      },
    };
  }

  deleteStore(storeId: string): Promise<void> {
    return this.#mutate("deleteStore", storeId, "/", () => this.#index.deleteStore(storeId));
  }

  async closeStore(storeId: string): Promise<void> {
    const own = [...this.#fills].filter((fill) => fill.claim.part.storeId === storeId);
    for (const fill of own) fill.lost();
    await Promise.all(own.map((fill) => fill.abandon()));
  }

  async idle(storeId?: string): Promise<void> {
    for (;;) {
      const work = [...this.#work].filter(
        ([, of]) => storeId === undefined || of === undefined || of === storeId,
      );
      if (work.length === 0) return;
      await Promise.allSettled(work.map(([promise]) => promise));
    }
  }

  async usage(storeId?: string): Promise<StorageUsage> {
    this.#assertOpen();
    await this.#opened();
    const usage = await this.#index.usage(storeId);
    return { ...usage, tiers: [{ ...usage, tier: this.#settings.tier, sick: this.#health.sick }] };
  }

  tierStatistics(storeId?: string): readonly TierStatistics[] {
    const counters = storeId === undefined ? this.#totals : this.#counters.get(storeId);
    return [(counters ?? new TierCounters()).snapshot(this.#settings.tier)];
  }

  async entries(query: EntryQuery = {}): Promise<EntryPage> {
    this.#assertOpen();
    await this.#opened();
    return this.#index.entries(query);
  }

  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    this.#assertOpen();
    await this.open();
    return verifyTier(this.#parts(), options);
  }

  async sweep(): Promise<SweepReport> {
    this.#assertOpen();
    await this.open();
    const expired = await this.#tidy();
    const orphans = await deleteOrphans(this.#parts(), true);
    return { expired: expired.expired, deleted: expired.deleted + orphans, orphans };
  }

  catchUp(): MaybePromise<boolean> {
    if (this.#index.changes === undefined) return true;
    if (this.#state === undefined)
      return this.#opened().then(
        () => this.catchUp(),
        () => false,
      );
    try {
      const changes = this.#index.changes(this.#cursor);
      if (isPromise(changes))
        return changes.then(
          (it) => this.#heard(it),
          () => false,
        );
      return changes.cursor === this.#cursor || this.#heard(changes);
    } catch (error) {
      this.#health.fault("changes", error);
      return false;
    }
  }

  on<E extends keyof StorageEvents>(event: E, listener: (detail: StorageEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#settings.timers.clear(this.#maintenance);
    for (const fill of this.#fills) fill.lost();
    await Promise.all([...this.#fills].map((fill) => fill.abandon()));
    await this.idle();
    await this.#index.close();
    await this.#opener.close?.();
  }

  // ── Opening ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The index's state, once it is open. A failed attempt is made again by the next caller. */
  #opened(): Promise<IndexState> {
    this.#opening ??= (async () => {
      try {
        await this.#opener.check?.();
        this.#state = await this.#index.open();
        if (this.#index.changes !== undefined) this.#cursor = (await this.#index.changes(undefined)).cursor;
        if (this.#index.scope !== "process") this.#maintain();
        return this.#state;
      } catch (error) {
        this.#opening = undefined;
        throw error;
      }
    })();
    return this.#opening;
  }

  /** Resolves when no bytes of an earlier life of the index are left. Nothing is admitted before. */
  #cleaned(): Promise<void> | undefined {
    if (this.#state?.clean) return undefined;
    this.#clean ??= this.#opened().then(async (state) => {
      try {
        if (!state.clean) await this.#reclaimer.purge(state.epoch);
        this.#state = { ...state, clean: true };
      } catch (error) {
        this.#clean = undefined;
        throw error;
      }
    });
    return this.#clean;
  }

  /** Tidies up after the dead while this storage is open. */
  #maintain(): void {
    this.#maintenance = this.#settings.timers.set(() => {
      if (this.#closed) return;
      this.#behind(
        undefined,
        this.#tidy().catch((error) => this.#health.fault("sweep", error)),
      );
      this.#maintain();
    }, this.#index.lockAge);
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

  /** False while the source of a store id is unknown; asks for it again behind the scenes. */
  #isBound(storeId: string): boolean {
    if (this.#unbound.size === 0 || !this.#unbound.has(storeId)) return true;
    const identity = this.#unbound.get(storeId);
    if (!this.#rebinding.has(storeId)) {
      this.#rebinding.add(storeId);
      const again = this.bind(storeId, identity).catch(() => {});
      this.#behind(
        storeId,
        again.finally(() => this.#rebinding.delete(storeId)),
      );
    }
    return false;
  }

  // ── Reading ────────────────────────────────────────────────────────────────────────────────────────────────────

  async #getLater(
    part: Part,
    started: number,
    entry?: MaybePromise<IndexEntry | undefined>,
    read?: MaybePromise<BytesRead>,
  ): Promise<CacheHit | undefined> {
    try {
      if (this.#state === undefined) await this.#health.within("open", this.#opened());
      const found = await this.#health.within("look-up", entry ?? this.#index.lookup(part));
      if (found === undefined || found.missing) return this.#answer(part, found, undefined, started);
      const hit = await this.#readEntry(part, found, read, started);
      if (hit !== undefined) return hit;
      // Evicted or replaced between the look-up and the read: look once more.
      const again = await this.#health.within("look-up", this.#index.lookup(part));
      if (again === undefined || again.missing) return this.#answer(part, again, undefined, started);
      return again.token === found.token ? undefined : await this.#readEntry(part, again, undefined, started);
    } catch (error) {
      this.#faultOf(part.storeId, "get", error, this.#health.reads);
      return undefined;
    }
  }

  /** Reads and verifies the bytes of an entry; one whose bytes are gone or wrong is condemned. */
  async #readEntry(
    part: Part,
    entry: IndexEntry,
    reading: MaybePromise<BytesRead> | undefined,
    started: number,
  ): Promise<CacheHit | undefined> {
    if (entry.missing) return this.#answer(part, entry, undefined, started);
    const read = await this.#health.within("read", reading ?? this.#bytes.read(part, entry));
    if (read.state === "read") {
      if (this.#index.scope !== "process")
        this.#index.recordAccess(part, entry.token, this.#settings.monotonic() - started);
      return this.#answer(part, entry, read, started);
    }
    const holder = entry.whole ? { storeId: part.storeId, key: part.key } : part;
    const removed = await this.#health.within("condemn", this.#index.condemn(holder, entry.token));
    if (read.state === "corrupt") {
      this.#totals.corrupt++;
      this.#of(part.storeId).corrupt++;
      this.#faultOf(part.storeId, "read", new Error(`bytes of ${part.key} are not what was written`));
      this.#events.emit("corrupt", { tier: this.#settings.tier, part });
    } else if (removed) this.#faultOf(part.storeId, "read", new Error(`bytes of ${part.key} are gone`));
    this.#behind(part.storeId, this.#reclaim());
    return undefined;
  }

  #answer(
    part: Part,
    entry: IndexEntry | undefined,
    read: Extract<BytesRead, { state: "read" }> | undefined,
    started: number,
  ): CacheHit | undefined {
    this.#health.reads.succeeded();
    const counters = this.#of(part.storeId);
    if (entry === undefined) {
      counters.misses++;
      this.#totals.misses++;
      return undefined;
    }
    const milliseconds = this.#settings.monotonic() - started;
    const bytes = read?.value.byteLength ?? 0;
    counters.hit(bytes, milliseconds);
    this.#totals.hit(bytes, milliseconds);
    return {
      value: read?.value,
      owned: read?.owned ?? true,
      age: this.#index.now() - entry.fetchedAt,
      expiresAt: entry.expiresAt,
      cost: entry.cost,
      validator: entry.validator,
      tier: this.#settings.tier,
    };
  }

  async #settled(part: Part, token: string, signal: AbortSignal | undefined): Promise<WaitOutcome> {
    const { timers, lockTimeout } = this.#settings;
    const stop = new AbortController();
    const leave = () => stop.abort(signal?.reason);
    signal?.addEventListener("abort", leave, { once: true });
    if (signal?.aborted) leave();
    let late = false;
    const timer = timers.set(() => {
      late = true;
      stop.abort();
    }, lockTimeout);
    try {
      const { failure } = await this.#index.settled(part, token, stop.signal);
      return failure === undefined ? { state: "look" } : { state: "failed", failure };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!late) this.#faultOf(part.storeId, "wait", error, this.#health.fills);
      return { state: "timeout" };
    } finally {
      timers.clear(timer);
      signal?.removeEventListener("abort", leave);
    }
  }

  // ── Filling ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Claims within the deadline; a claim that is granted after it is given up at once. */
  async #claimed(part: Part, fresh: FreshWithin): Promise<ClaimAnswer> {
    const answer = this.#index.claim(part, fresh);
    try {
      return await this.#health.within("claim", answer);
    } catch (error) {
      if (isLate(error))
        Promise.resolve(answer)
          .then((late) => (late.state === "fill" ? this.#release(late.claim, {}) : undefined))
          .catch(() => {});
      throw error;
    }
  }

  #fill(claim: ClaimRef): IndexedFill {
    const fill = new IndexedFill(claim, this.#steps);
    this.#fills.add(fill);
    this.#keeper.hold({ claim, lost: () => fill.lost() });
    return fill;
  }

  readonly #steps: FillSteps = {
    keep: (claim, value, want, facts) =>
      this.#track(claim.part.storeId, this.#keep(claim, value, want, facts)),
    release: (claim, outcome) => this.#track(claim.part.storeId, this.#release(claim, outcome)),
    refused: (part, reason) => this.#refused(part, reason),
    fault: (operation, error) => this.#health.fault(operation, error, this.#health.fills),
    ended: (fill) => {
      this.#fills.delete(fill);
      this.#keeper.drop(fill.claim);
    },
  };

  async #keep(
    claim: ClaimRef,
    value: Uint8Array | undefined,
    wanted: Wanted,
    facts: EntryFacts,
  ): Promise<PassReason | undefined> {
    if (this.#closed) return "closed";
    const { part } = claim;
    if (wanted.size > this.#index.maxEntryBytes) return "oversized";
    if (this.#fillBytes > 0 && this.#fillBytes + wanted.size > this.#settings.maxFillBytes) return "full";
    this.#fillBytes += wanted.size;
    try {
      const footprint = value === undefined ? 0 : this.#bytes.footprint(part, wanted.size);
      const want = { ...wanted, footprint };
      let answer = await this.#health.within("reserve", this.#index.reserve(claim, want));
      let drove = false;
      if (answer === "full" && (await this.#reclaimer.makeRoom(want))) {
        drove = true;
        answer = await this.#health.within("reserve", this.#index.reserve(claim, want));
      }
      if (answer === "lost") return "revoked";
      if (answer === "refused" || answer === "full") return "full";
      let checksum = 0;
      if (value !== undefined) {
        const write = this.#bytes.write(part, claim.token, value);
        checksum = write.checksum;
        await this.#written(claim, write.done);
      }
      const visible = await this.#health.within("commit", this.#index.commit(claim, { ...facts, checksum }));
      if (!visible) return "revoked";
      for (const counters of [this.#of(part.storeId), this.#totals]) {
        counters.fills++;
        counters.filledBytes += wanted.size;
      }
      this.#health.fills.succeeded();
      // The entry that this one replaced, if any, and room for the next fills where making it takes time.
      if (drove && this.#index.scope !== "process") this.#behind(part.storeId, this.#lower());
      else await this.#reclaimer.reclaim();
      return undefined;
    } finally {
      this.#fillBytes -= wanted.size;
    }
  }

  /** Waits for a write; one that is late goes on, and its reservation stays charged until it has ended. */
  async #written(claim: ClaimRef, done: MaybePromise<void>): Promise<void> {
    if (!isPromise(done)) return;
    const writing = Promise.resolve(done);
    this.#late.set(claim.token, writing);
    let late = false;
    try {
      await this.#health.atLength("write", writing);
    } catch (error) {
      late = isLate(error);
      throw error;
    } finally {
      if (!late) this.#late.delete(claim.token);
    }
  }

  async #release(claim: ClaimRef, outcome: Parameters<StoreIndex["release"]>[1]): Promise<void> {
    const writing = this.#late.get(claim.token);
    if (writing !== undefined) {
      this.#late.delete(claim.token);
      const after = () =>
        this.#release(claim, outcome).catch((error) => this.#health.fault("release", error));
      this.#behind(undefined, writing.then(after, after));
      return;
    }
    await this.#health.within("release", this.#index.release(claim, outcome));
    await this.#reclaim();
  }

  async #lower(): Promise<void> {
    try {
      await this.#reclaimer.lower();
    } catch (error) {
      this.#health.fault("evict", error, this.#health.fills);
    }
  }

  async #reclaim(): Promise<void> {
    try {
      await this.#reclaimer.reclaim();
    } catch (error) {
      this.#health.fault("delete", error, this.#health.fills);
    }
  }

  #refused(part: Part, reason: PassReason): void {
    this.#of(part.storeId).refuse(reason);
    this.#totals.refuse(reason);
    this.#events.emit("refuse", { tier: this.#settings.tier, part, reason });
  }

  // ── Dropping ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Changes the index, then tells the fills and listeners of this process. For the memory index all of it is done at once. */
  async #mutate<T>(
    operation: string,
    storeId: string,
    path: string,
    change: () => MaybePromise<T>,
  ): Promise<T> {
    this.#assertOpen();
    let result: T;
    try {
      if (this.#state === undefined) await this.#opened();
      const answer = this.#health.within(operation, change());
      result = isPromise(answer) ? await answer : answer;
    } catch (error) {
      this.#faultOf(storeId, operation, error, this.#health.fills);
      throw new CacheUnavailableError(`${operation} of ${path}`, error);
    }
    this.#dropped({ storeId, path, elsewhere: false });
    this.#behind(storeId, this.#reclaim());
    return result;
  }

  #dropped(invalidation: Invalidation): void {
    const { storeId, path } = invalidation;
    for (const fill of this.#fills) {
      const { part } = fill.claim;
      if (part.storeId === storeId && isUnder(part.key, path)) fill.lost();
    }
    this.#events.emit("invalidate", invalidation);
  }

  #heard(changes: {
    cursor: number;
    lost: boolean;
    paths: readonly { storeId: string; path: string }[];
  }): true {
    this.#cursor = changes.cursor;
    const paths = changes.lost
      ? [...this.#counters.keys()].map((storeId) => ({ storeId, path: "/" }))
      : changes.paths;
    for (const { storeId, path } of paths) this.#dropped({ storeId, path, elsewhere: true });
    return true;
  }

  // ── Counting ───────────────────────────────────────────────────────────────────────────────────────────────────

  #of(storeId: string): TierCounters {
    let counters = this.#counters.get(storeId);
    if (counters === undefined) {
      counters = new TierCounters();
      this.#counters.set(storeId, counters);
    }
    return counters;
  }

  #faultOf(storeId: string, operation: string, error: unknown, breaker?: TierHealth["reads"]): void {
    this.#of(storeId).faults++;
    this.#health.fault(operation, error, breaker);
  }

  #countEvicted(names: readonly StoredName[]): void {
    for (const { storeId } of names) this.#of(storeId).evictions++;
    this.#totals.evictions += names.length;
    this.#events.emit("evict", { tier: this.#settings.tier, entries: names.length });
  }

  /** Goes on with work that nobody waits for but `idle`. */
  #behind(storeId: string | undefined, work: Promise<unknown>): void {
    this.#track(storeId, work).catch(() => {});
  }

  #track<T>(storeId: string | undefined, work: Promise<T>): Promise<T> {
    const done = work.then(
      () => void this.#work.delete(done),
      () => void this.#work.delete(done),
    );
    this.#work.set(done, storeId);
    return work;
  }

  #parts() {
    return { index: this.#index, opener: this.#opener, bytes: this.#bytes, reclaimer: this.#reclaimer };
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError("The cache storage");
  }
}
