import { NO_AGE } from "./ages.ts";
import { InvalidOptionError } from "./errors.ts";
import { Emitter } from "./events.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";
import { assertEither, assertKnownOptions } from "./options.ts";
import type { Part } from "./part.ts";
import {
  type CacheClaim,
  type CachedFacts,
  type CacheHit,
  type CacheStorage,
  type ClaimOptions,
  type Fill,
  type FillFacts,
  type PinOutcome,
  STORAGE_EVENTS,
  type StorageEvents,
  type StorageUsage,
  type SweepReport,
  type VerifyOptions,
  type VerifyReport,
  type WriteIntent,
} from "./storage.ts";
import type { EntryPage, EntryQuery } from "./store-index.ts";
import { factsOf } from "./tier/indexed-fill.ts";
import { TierTrust } from "./tier/tier-trust.ts";
import { TieredDrops } from "./tier/tiered-drops.ts";
import { abandon, promote, TieredFill } from "./tier/tiered-fill.ts";
import type { TierStatistics } from "./tier-statistics.ts";

/** Options of {@link TieredCacheStorage}. */
export interface TieredCacheStorageOptions {
  /**
   * Whether what the source gave is kept in every tier at once, or only in the lowest, from where it comes up when it is
   * read again. Default `"all"`.
   */
  readonly write?: "all" | "lowest";
}

/**
 * Several tiers as one, best first: memory ▸ disk ▸ S3.
 *
 * A read takes the first tier that has the part and copies it into the tiers above; the claim on a tier above is taken
 * before the tier below is read, so an invalidation in between wins. The lowest tier that is well decides who fills.
 * What other processes invalidate below is dropped above before anything above answers; a tier that cannot drop it is
 * skipped, with those above it, until it has.
 */
export class TieredCacheStorage implements CacheStorage {
  readonly fills: "background" | "await";
  readonly above: readonly CacheStorage[];
  readonly #tiers: readonly CacheStorage[];
  readonly #trust: TierTrust;
  readonly #drops: TieredDrops;
  readonly #lowest: CacheStorage;
  readonly #write: "all" | "lowest";
  readonly #events = new Emitter<StorageEvents>(STORAGE_EVENTS, "tiers");

  constructor(tiers: readonly CacheStorage[], options: TieredCacheStorageOptions = {}) {
    assertKnownOptions("TieredCacheStorage", options, ["write"]);
    const { write = "all" } = options;
    assertEither("write", write, "all", "lowest");
    this.#write = write;
    const lowest = Array.isArray(tiers) ? tiers.at(-1) : undefined;
    const isStorage = (tier: unknown) => typeof (tier as CacheStorage | undefined)?.claim === "function";
    if (lowest === undefined || new Set(tiers).size !== tiers.length || !tiers.every(isStorage))
      throw new InvalidOptionError("tiers", tiers, "a list of different cache storages, best first");
    this.#tiers = [...tiers];
    this.above = tiers.slice(0, -1);
    this.#trust = new TierTrust(this.#tiers);
    this.#drops = new TieredDrops(tiers, this.#trust, this.#events);
    this.#lowest = lowest;
    this.fills = tiers.some(({ fills }) => fills === "await") ? "await" : "background";
    for (const [place, tier] of tiers.entries())
      tier.on("invalidate", (invalidation) => {
        this.#trust.tellAbove(place, invalidation.storeId, invalidation.path);
        if (invalidation.elsewhere || this.#trust.dropping === 0)
          this.#events.emit("invalidate", invalidation);
      });
  }

  async open(): Promise<void> {
    for (const tier of this.#tiers) await tier.open();
    await this.#trust.open();
  }

  now(): number {
    return this.#lowest.now();
  }

  async bind(storeId: string, identity: string | undefined): Promise<void> {
    // Lowest first: it outlives this process, and who is refused there must not take the id above.
    for (const tier of [...this.#tiers].reverse()) await tier.bind(storeId, identity);
  }

  get(part: Part): MaybePromise<CacheHit | undefined> {
    const first = this.#trust.first();
    if (isPromise(first)) return first.then((place) => this.#getFrom(place, part));
    if (first > 0) return this.#getFrom(first, part);
    const hit = (this.#tiers[0] as CacheStorage).get(part);
    if (isPromise(hit)) return hit.then((it) => it ?? this.#getFrom(1, part, 0));
    return hit ?? (this.#tiers.length > 1 ? this.#getFrom(1, part, 0) : undefined);
  }

  async claim(part: Part, options: ClaimOptions = {}): Promise<CacheClaim> {
    const fills: Fill[] = [];
    const first = await this.#trust.first();
    for (const [place, tier] of this.#tiers.entries()) {
      if (place < first) continue;
      const started = performance.now();
      const claim = await tier.claim(part, options);
      if (claim.state === "fill") fills.push(claim);
      else if (claim.state === "hit") {
        return { state: "hit", hit: promote(fills, claim.hit, started) };
      } else if (
        claim.state === "wait"
          ? // Another reader of this process, or the holder of the claim below, is at it.
            place === first || tier === this.#lowest
          : // What is read while a key is written may be neither old nor new to whoever asks next.
            tier === this.#lowest && (fills.length === 0 || claim.reason === "writing")
      ) {
        await abandon(fills);
        return claim;
      }
    }
    const [only] = fills;
    if (only === undefined) return { state: "pass", reason: "fault" };
    if (fills.length === 1) return only;
    const readCost = () => this.#lowest.tierStatistics().at(-1)?.meanMilliseconds ?? 0;
    return new TieredFill(fills, readCost, this.#write);
  }

  async put(part: Part, value: Uint8Array | undefined, facts?: Partial<FillFacts>): Promise<boolean> {
    const claim = await this.claim(part, { fresh: NO_AGE });
    return claim.state === "fill" ? claim.commit(value, facts) : false;
  }

  async has(part: Part): Promise<boolean> {
    const first = await this.#trust.first();
    for (const tier of this.#tiers.slice(first)) if (await tier.has(part)) return true;
    return false;
  }

  peek(part: Part): Promise<CachedFacts | undefined> {
    return this.#lowest.peek(part);
  }

  async pin(part: Part): Promise<PinOutcome> {
    const outcome = await this.#lowest.pin(part);
    if (outcome !== "absent") return outcome;
    // It may be above alone. Claimed before it is read, so that an invalidation in between wins.
    const claim = await this.#lowest.claim(part);
    if (claim.state === "fill") {
      let hit: CacheHit | undefined;
      if ((await this.#trust.first()) === 0) for (const tier of this.above) hit ??= await tier.get(part);
      if (hit === undefined) await claim.abandon();
      else await claim.commit(hit.value, { ...factsOf(hit, hit.cost), purpose: "pin" });
    }
    return this.#lowest.pin(part);
  }

  unpin(part: Part): Promise<boolean> {
    return this.#lowest.unpin(part);
  }

  async delete(storeId: string, key: string): Promise<void> {
    const intent = await this.openWrite(storeId, key);
    await intent.close();
  }

  invalidate(storeId: string, path: string): Promise<void> {
    return this.#drops.fromBelow(storeId, path, (tier) => tier.invalidate(storeId, path));
  }

  openWrite(storeId: string, key: string): Promise<WriteIntent> {
    return this.#drops.openWrite(storeId, key);
  }

  deleteStore(storeId: string): Promise<void> {
    return this.#drops.fromBelow(storeId, "/", (tier) => tier.deleteStore(storeId));
  }

  async closeStore(storeId: string): Promise<void> {
    await Promise.all(this.#tiers.map((tier) => tier.closeStore(storeId)));
  }

  async idle(storeId?: string): Promise<void> {
    await Promise.all(this.#tiers.map((tier) => tier.idle(storeId)));
  }

  async usage(storeId?: string): Promise<StorageUsage> {
    const usages = await Promise.all(this.#tiers.map((tier) => tier.usage(storeId)));
    return { ...(usages.at(-1) as StorageUsage), tiers: usages.flatMap(({ tiers }) => tiers) };
  }

  tierStatistics(storeId?: string): readonly TierStatistics[] {
    return this.#tiers.flatMap((tier) => tier.tierStatistics(storeId));
  }

  entries(query?: EntryQuery): Promise<EntryPage> {
    return this.#lowest.entries(query);
  }

  async verify(options?: VerifyOptions): Promise<VerifyReport> {
    const reports: VerifyReport[] = [];
    for (const tier of this.#tiers) reports.push(await tier.verify(options));
    return {
      checked: sum(reports, "checked"),
      lost: sum(reports, "lost"),
      corrupt: sum(reports, "corrupt"),
      orphans: sum(reports, "orphans"),
      accounting: reports.flatMap(({ accounting }) => accounting),
      repaired: reports.every(({ repaired }) => repaired),
    };
  }

  async sweep(): Promise<SweepReport> {
    const reports: SweepReport[] = [];
    for (const tier of this.#tiers) reports.push(await tier.sweep());
    return {
      expired: sum(reports, "expired"),
      deleted: sum(reports, "deleted"),
      orphans: sum(reports, "orphans"),
    };
  }

  catchUp(): MaybePromise<boolean> {
    const first = this.#trust.first();
    return isPromise(first) ? first.then((place) => place === 0) : first === 0;
  }

  on<E extends keyof StorageEvents>(event: E, listener: (detail: StorageEvents[E]) => void): () => void {
    const own = this.#events.on(event, listener);
    if (event === "invalidate") return own;
    const stops = this.#tiers.map((tier) => tier.on(event, listener));
    return () => {
      for (const stop of [own, ...stops]) stop();
    };
  }

  async close(): Promise<void> {
    for (const tier of this.#tiers) await tier.close();
  }

  /** Asks the tiers from a place on, claiming the tiers above that missed before the next one is read. */
  async #getFrom(from: number, part: Part, missed = from): Promise<CacheHit | undefined> {
    const fills: Fill[] = [];
    for (let place = from; place < this.#tiers.length; place++) {
      for (const above of this.#tiers.slice(missed, place)) {
        const claim = await above.claim(part);
        if (claim.state === "fill") fills.push(claim);
        if (claim.state === "hit") {
          await abandon(fills);
          return claim.hit;
        }
      }
      missed = place;
      const started = performance.now();
      const hit = await (this.#tiers[place] as CacheStorage).get(part);
      if (hit !== undefined) return promote(fills, hit, started);
    }
    await abandon(fills);
    return undefined;
  }
}

function sum<T>(reports: readonly T[], field: keyof T): number {
  return reports.reduce((total, report) => total + (report[field] as number), 0);
}
