import { FillFailedError, isZarrCacheError } from "../errors.ts";
import type { Emitter } from "../events.ts";
import { isUnder, type Key } from "../key.ts";
import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import type { Part } from "../part.ts";
import { copyBytes, type RangeQuery, rangeId, sliceRange } from "../range.ts";
import type { CacheHit, CacheStorage, Fill } from "../storage.ts";
import type { FreshWithin } from "../store-index.ts";
import { CostEstimate } from "./cost-estimate.ts";
import { Flight, type Landed } from "./flight.ts";
import type { Freshness, Lifetime, Verdict } from "./freshness.ts";
import { KeyVersions } from "./key-versions.ts";
import { Revalidations } from "./revalidations.ts";
import { ServedVersions } from "./served-versions.ts";
import type { Source } from "./source.ts";
import { SourceChangedError } from "./source-errors.ts";
import { type Answered, SourceReads } from "./source-reads.ts";
import type { StoreCounters } from "./statistics.ts";
import { emitHit, type StoreEvents } from "./store-events.ts";

/** What a reader needs of its store. */
export interface ReaderContext {
  readonly source: Source;
  readonly storeId: string;
  readonly storage: CacheStorage;
  readonly freshness: Freshness;
  readonly shouldCache: ((key: string, value: Uint8Array | undefined, cost: number) => boolean) | undefined;
  readonly counters: StoreCounters;
  readonly events: Emitter<StoreEvents>;
  /** Binds the store id to the source; rejects when it is another's. */
  bound(): Promise<void>;
}

/** What a look-up gave, before the flight began. */
export interface Looked {
  readonly hit: MaybePromise<CacheHit | undefined>;
}

/** Claims that a read waits for before it fetches for itself: a key that is written all the time cannot hold it up. */
const MOST_ATTEMPTS = 8;

/**
 * The read path behind the memory look-up: one flight for all readers of a part in this process, then the lower tiers,
 * then the claim that lets one of all processes ask the source.
 *
 * A flight leaves the map, and nobody joins it any more, as soon as its part is invalidated or its answer is older than
 * the bound allows; who waits in it began before and may still have its bytes.
 */
export class Reader {
  readonly #context: ReaderContext;
  readonly #flights = new Map<string, Flight>();
  /** Flights that fetch anew behind answers past their age. Nobody joins them, so nobody waits for them. */
  readonly #refreshes = new Map<string, Flight>();
  /** Claims that are held, to be given up when the store is closed. */
  readonly #fills = new Set<Fill>();
  /** Values that are being kept. */
  readonly #keeping = new Set<Promise<unknown>>();
  /** Flights, also those that nobody may join any more, and fills. */
  readonly #work = new Set<Promise<unknown>>();
  readonly #stopListening: () => void;
  readonly #cost: CostEstimate;
  readonly #source: SourceReads;
  readonly #versions = new KeyVersions();
  readonly #served = new ServedVersions();
  readonly #revalidations = new Revalidations();
  #closed = false;

  constructor(context: ReaderContext) {
    this.#context = context;
    this.#source = new SourceReads(context.source, async (key, signal) => {
      const { flight } = await this.#board({ storeId: context.storeId, key });
      return (await flight.join(signal)).value;
    });
    this.#cost = new CostEstimate(context.source);
    this.#stopListening = context.storage.on("invalidate", ({ storeId, path }) => {
      if (storeId === context.storeId) this.detach(path);
    });
  }

  /** Whether a read of this part is under way, which others may join. */
  isFlying(part: Part): boolean {
    return this.#flights.size > 0 && this.#flights.has(flightId(part));
  }

  /** Reads a part that is not at hand in memory. `looked` is what the caller's own look-up gave, if it made one. */
  async read(part: Part, signal: AbortSignal | undefined, looked?: Looked): Promise<Uint8Array | undefined> {
    const { range } = part;
    if (range === undefined || !this.#source.ignoresRanges) return this.#counted(part, signal, looked);
    const hit = await looked?.hit;
    if (hit !== undefined && this.judge(part, hit) === "fresh") return this.#counted(part, signal, { hit });
    const whole = await this.#counted({ storeId: part.storeId, key: part.key }, signal);
    return whole && sliceRange(whole, range);
  }

  /**
   * What a hit is good for, by its age and by what the source said since of the version that it is of; and whether it
   * goes with the ranges of its key that readers have.
   */
  judge(part: Part, hit: CacheHit): Verdict | "foreign" {
    const { freshness, storage } = this.#context;
    const { key } = part;
    if (!this.#served.fits(part, hit.validator)) return "foreign";
    const verdict = freshness.judge(key, hit, hit.expiresAt === Number.POSITIVE_INFINITY ? 0 : storage.now());
    if (verdict === "fresh" || hit.validator === undefined) return verdict;
    const now = storage.now();
    return freshness.judge(key, this.#versions.renewed(key, hit, now), now);
  }

  /** Notes that a hit is given to a reader. */
  handedOut(part: Part, { validator }: CacheHit): void {
    this.#served.handedOut(part, validator);
  }

  /** Takes the flights of a path out of single flight: what they bring is only for those who wait already. */
  detach(path: string): void {
    for (const flights of [this.#flights, this.#refreshes])
      for (const id of flights.keys()) if (isUnder(id.slice(0, id.indexOf("\n")), path)) flights.delete(id);
  }

  /** Fetches a part anew behind an answer that is past its age; the whole where the source has no ranges. */
  refreshBehind(part: Part): void {
    const wanted = this.#source.ignoresRanges ? { storeId: part.storeId, key: part.key } : part;
    if (!this.#refreshes.has(flightId(wanted))) this.#begin(wanted, true);
  }

  /** Resolves when no read and no fill is under way. */
  async idle(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled([...this.#work]);
  }

  /** Gives up what the reads under way have claimed, and waits for what is being kept. The reads go on. */
  async close(): Promise<void> {
    this.#stopListening();
    this.#closed = true;
    await Promise.allSettled([...this.#fills].map((fill) => fill.abandon()));
    await Promise.allSettled([...this.#keeping]);
  }

  /** Joins or begins a flight, counts how the read was answered, and hands out bytes that are the reader's own. */
  async #counted(
    part: Part,
    signal: AbortSignal | undefined,
    looked?: Looked,
  ): Promise<Uint8Array | undefined> {
    const { counters, events } = this.#context;
    try {
      const boarded = this.#board(part, looked);
      const { flight, joined } = isPromise(boarded) ? await boarded : boarded;
      const { value, owned, from, tier } = await flight.join(signal);
      if (from === "cache") value === undefined ? counters.negativeHits++ : counters.hits++;
      else if (from === "source") joined ? counters.coalesced++ : counters.misses++;
      else counters.stale++;
      if (tier !== undefined && from !== "stale") emitHit(events, part, tier, value);
      // A flight that has landed cannot be joined any more, so an only reader may keep what nobody else holds.
      return value === undefined || (owned && flight.joined === 1) ? value : copyBytes(value);
    } catch (error) {
      counters.failures++;
      throw error;
    }
  }

  /** The flight of a part: one that may be joined, or a new one. At once where there is none, so that no two begin. */
  #board(part: Part, looked?: Looked): MaybePromise<{ readonly flight: Flight; readonly joined: boolean }> {
    const id = flightId(part);
    if (!this.#flights.has(id)) return { flight: this.#begin(part, false, looked), joined: false };
    const heard = this.#context.storage.catchUp();
    const choose = () => {
      const current = this.#flights.get(id);
      return current !== undefined && this.#mayJoin(part, current)
        ? { flight: current, joined: true }
        : { flight: this.#begin(part, false, looked), joined: false };
    };
    return isPromise(heard) ? heard.then(choose) : choose();
  }

  /** Not given up, and begun recently enough for what it brings to be fresh for this reader. */
  #mayJoin(part: Part, flight: Flight): boolean {
    const { storage, freshness } = this.#context;
    // Where the clock went back nobody knows how old its answer will be.
    const age = storage.now() - flight.startedAt;
    return !flight.aborted && age >= 0 && age <= freshness.within(part.key).present;
  }

  #begin(part: Part, refresh: boolean, looked?: Looked): Flight {
    const id = flightId(part);
    const flights = refresh ? this.#refreshes : this.#flights;
    const flight: Flight = new Flight(this.#context.storage.now(), async (own) => {
      try {
        const landed = await this.#fly(part, own, refresh, looked);
        if (landed.from === "revalidating")
          this.#track(Promise.resolve().then(() => this.refreshBehind(part)));
        return landed;
      } finally {
        if (flights.get(id) === flight) flights.delete(id);
      }
    });
    flights.set(id, flight);
    this.#track(flight.landed);
    return flight;
  }

  async #fly(part: Part, flight: Flight, refresh: boolean, looked?: Looked): Promise<Landed> {
    const { storage, freshness } = this.#context;
    await this.#context.bound();
    let stale: CacheHit | undefined;
    let revalidated: (() => void) | undefined;
    let hasWaited = false;
    try {
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        const hit = await (attempt === 0 && looked !== undefined ? looked.hit : storage.get(part));
        let within = freshness.within(part.key);
        if (hit !== undefined) {
          const verdict = this.judge(part, hit);
          if (verdict === "fresh") return this.#landed(part, hit, "cache");
          if (verdict === "stale" && !refresh) return this.#landed(part, hit, "revalidating");
          stale = verdict === "foreign" ? undefined : hit;
          within = newerThan(hit, within);
        }
        const { signal } = flight;
        signal.throwIfAborted();
        if (stale !== undefined && this.#source.revalidates && revalidated === undefined) {
          const asked = this.#revalidations.of(part.key, stale);
          if (asked !== undefined && !hasWaited) {
            // Once: where the source fails or has changed, all go on at the same time.
            hasWaited = true;
            await asked;
            continue;
          }
          revalidated = this.#revalidations.begin(part.key, stale);
        }
        // Ranges of a whole that is past its age share the question whether it holds, and so its claim.
        const claimed = this.#sharesClaim(stale) ? { storeId: part.storeId, key: part.key } : part;
        const claim = await storage.claim(claimed, { fresh: within, signal });
        if (claim.state === "fill") {
          if (this.#closed || signal.aborted) {
            // The last reader left, or the store was closed, while the claim was taken.
            await claim.abandon();
            break;
          }
          this.#fills.add(claim);
        }
        if (claim.state === "hit") {
          if (claimed === part && this.judge(part, claim.hit) === "fresh")
            return this.#landed(part, claim.hit, "cache");
          continue;
        }
        if (claim.state === "fill" || claim.state === "pass")
          return await this.#fetch(part, signal, stale, claim.state === "fill" ? claim : undefined);
        const outcome = await claim.settled();
        if (outcome.state === "timeout") break;
        if (outcome.state === "failed")
          return this.#orStale(part, stale, new FillFailedError(part.key, outcome.failure));
      }
      return await this.#fetch(part, flight.signal, stale, undefined);
    } finally {
      revalidated?.();
    }
  }

  /** Whether a copy is of a whole value that the source can be asked about by its validator. */
  #sharesClaim(stale: CacheHit | undefined): boolean {
    return stale?.whole === true && stale.validator !== undefined && this.#source.revalidates;
  }

  /** Asks the source, keeps what it answers under the claim, and answers without waiting for that. */
  async #fetch(
    part: Part,
    signal: AbortSignal,
    stale: CacheHit | undefined,
    fill: Fill | undefined,
  ): Promise<Landed> {
    const { counters, storage } = this.#context;
    signal.throwIfAborted();
    const started = performance.now();
    const askedAt = storage.now();
    let answer: Answered;
    try {
      counters.sourceReads++;
      const ifNoneMatch = stale?.value === undefined ? undefined : stale.validator;
      answer = await this.#source.ask(part, { signal, ifNoneMatch, ifMatch: this.#served.expected(part) });
      this.#assertFits(part, answer);
    } catch (error) {
      counters.sourceFailures++;
      const aborted = signal.aborted;
      if (fill !== undefined) {
        this.#fills.delete(fill);
        this.#track(aborted ? fill.abandon() : fill.fail(error));
      }
      if (aborted) throw error;
      if (isZarrCacheError(error, "SourceChangedError")) {
        // Whoever opens the array again must not be given the index of the old version.
        this.#served.changed(part.key);
        await storage.delete(part.storeId, part.key).catch(() => {});
        throw error;
      }
      return this.#orStale(part, stale, error);
    }
    const cost = performance.now() - started;
    counters.sourceMilliseconds += cost;
    if (answer.state === "unchanged") counters.sourceUnchanged++;
    const { value } = answer.state === "unchanged" ? (stale as CacheHit) : answer;
    const moved = answer.state === "unchanged" ? 0 : (value?.byteLength ?? 0);
    counters.sourceBytes += moved;
    if (value === undefined) counters.sourceMissing++;
    const validator = answer.state === "unchanged" ? stale?.validator : answer.facts.validator;
    const lifetime = this.#context.freshness.lifetimeOf(part.key, value === undefined, answer.facts, askedAt);
    this.#versions.saw(part.key, validator, askedAt - lifetime.age, lifetime.expiresAt);
    this.#served.handedOut(part, validator);
    this.#context.events.emit("fetch", { key: part.key, ...range(part), bytes: moved, milliseconds: cost });
    const owned = answer.state === "unchanged" ? (stale as CacheHit).owned : fill === undefined;
    if (fill === undefined) return { value, owned, from: "source" };
    this.#fills.delete(fill);
    const keeping =
      answer.state === "unchanged"
        ? this.#confirm(fill, stale as CacheHit, lifetime)
        : stale?.whole === true && this.#sharesClaim(stale)
          ? this.#replaceWhole(part, fill)
          : this.#keep(part, fill, answer, cost, lifetime);
    this.#keeping.add(keeping);
    this.#track(keeping.finally(() => this.#keeping.delete(keeping)));
    if (storage.fills === "await") await keeping;
    return { value, owned, from: "source" };
  }

  async #confirm(fill: Fill, { validator }: CacheHit, { age, expiresAt }: Lifetime): Promise<void> {
    if (validator === undefined) await fill.abandon();
    else await fill.confirm(validator, { age, expiresAt });
  }

  /** A range of a whole that has changed was read under the claim of the whole, which it cannot fill. */
  async #replaceWhole({ storeId, key }: Part, fill: Fill): Promise<void> {
    await fill.abandon();
    await this.#context.storage.delete(storeId, key).catch(() => {});
  }

  async #keep(
    part: Part,
    fill: Fill,
    { value, exact, facts: { validator } }: Extract<Answered, { state: "value" }>,
    milliseconds: number,
    { isKept, ...lifetime }: Lifetime,
  ): Promise<void> {
    const { shouldCache, events } = this.#context;
    if (!exact) return fill.pass("inexact");
    if (!isKept) return fill.pass("unwanted");
    try {
      if (shouldCache !== undefined && !shouldCache(part.key, value, milliseconds))
        return await fill.pass("unwanted");
    } catch (error) {
      events.emit("fault", { tier: "store", operation: "shouldCache", error });
      return fill.pass("unwanted");
    }
    const cost = this.#costOf(part, value, milliseconds);
    if (await fill.commit(value, { cost, validator, ...lifetime }))
      events.emit("fill", { key: part.key, ...range(part), bytes: value?.byteLength ?? 0 });
  }

  #costOf(part: Part, value: Uint8Array | undefined, milliseconds: number): number {
    try {
      return this.#cost.of(part.key as Key, value?.byteLength ?? 0, milliseconds);
    } catch (error) {
      this.#context.events.emit("fault", { tier: "store", operation: "cost", error });
      return milliseconds;
    }
  }

  #orStale(part: Part, stale: CacheHit | undefined, error: unknown): Landed {
    const { freshness, storage, events } = this.#context;
    if (stale === undefined || !freshness.servesOnError(part.key, stale, storage.now())) throw error;
    events.emit("stale", { key: part.key, ...range(part), age: stale.age, error });
    return this.#landed(part, stale, "stale");
  }

  /** Whether an answer goes with the ranges that readers have: a source may not have compared the versions. */
  #assertFits(part: Part, answer: Answered): void {
    const found = answer.state === "value" ? answer.facts.validator : undefined;
    if (found === undefined || this.#served.fits(part, found)) return;
    const { source, storeId } = this.#context;
    throw new SourceChangedError(
      source.identity ?? storeId,
      part.key,
      this.#served.expected(part) as string,
      found,
    );
  }

  #landed(part: Part, hit: CacheHit, from: Landed["from"]): Landed {
    this.#served.handedOut(part, hit.validator);
    return { value: hit.value, owned: hit.owned, from, tier: hit.tier };
  }

  #track(work: Promise<unknown>): void {
    const done = work.then(
      () => void this.#work.delete(done),
      () => void this.#work.delete(done),
    );
    this.#work.add(done);
  }
}

function flightId(part: Part): string {
  return part.range === undefined ? `${part.key}\n` : `${part.key}\n${rangeId(part.range)}`;
}

/** Bounds that a hit which was found wanting does not meet, but a newer one may. */
function newerThan({ age }: CacheHit, { present, missing }: FreshWithin): FreshWithin {
  return { present: Math.min(present, age - 0.001), missing: Math.min(missing, age - 0.001) };
}

function range(part: Part): { readonly range?: RangeQuery } {
  return part.range === undefined ? {} : { range: part.range };
}
