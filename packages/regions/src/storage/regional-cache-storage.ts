import {
  type CacheClaim,
  type CachedFacts,
  type CacheHit,
  type CacheStorage,
  CacheUnavailableError,
  type ClaimOptions,
  type EntryPage,
  type EntryQuery,
  type FillFacts,
  type MaybePromise,
  type Part,
  type PinOutcome,
  type StorageEvents,
  type StorageUsage,
  type SweepReport,
  type TierStatistics,
  type VerifyOptions,
  type VerifyReport,
  type WriteIntent,
} from "zarr-cache";
import { InvalidArgumentError } from "../errors.ts";
import type { Region } from "../region.ts";
import { RegionWarnings } from "../region-warnings.ts";
import type { ElsewhereStatistics } from "./elsewhere-reads.ts";
import { Joining } from "./joining.ts";
import { partHandler } from "./part-handler.ts";
import { parseRegionalOptions, type RegionalOptions, type RegionalSettings } from "./regional-options.ts";
import { SharedParts } from "./shared-parts.ts";

/**
 * The storage of one region among several: what is cached here is answered from here, and what another region holds comes
 * from there where that is cheaper than the source.
 *
 * The tiers below are the region's own. What they keep is announced to the other regions; what is invalidated in one
 * region is dropped in all, and wins over whatever was announced before. A region that cannot reach the others goes on
 * alone: its reads are answered from its tiers and the source, and it hears of the rest when the cable is whole again.
 */
export class RegionalCacheStorage implements CacheStorage {
  readonly fills: "background" | "await";
  readonly #local: CacheStorage;
  readonly #settings: RegionalSettings;
  readonly #stores = new Set<string>();
  readonly #warnings = new RegionWarnings();
  readonly #joining: Joining<SharedParts>;
  #isClosed = false;

  constructor(local: CacheStorage, options: RegionalOptions) {
    if (typeof local?.claim !== "function")
      throw new InvalidArgumentError("local", local, "the cache storage of this region");
    this.#settings = parseRegionalOptions(options);
    this.#local = local;
    this.fills = local.fills;
    this.#joining = new Joining({
      join: () => this.#join(),
      timers: this.#settings.timers,
      warn: (message) => this.#warnings.warn(message),
    });
  }

  /**
   * Opens the region's tiers, and joins the region. Where that is not possible, a `warning` says why, the region goes on
   * alone, and joining is tried again by itself.
   */
  async open(): Promise<void> {
    await this.#local.open();
    await this.#joining.nowOrLater();
    await this.#joining.joined?.drops.begun();
  }

  now(): number {
    return this.#local.now();
  }

  async bind(storeId: string, identity: string | undefined): Promise<void> {
    await this.#local.bind(storeId, identity);
    this.#stores.add(storeId);
    // Reads go on without the others until this region has joined them.
    void this.#joining.nowOrLater();
  }

  get(part: Part): MaybePromise<CacheHit | undefined> {
    return this.#local.get(part);
  }

  async claim(part: Part, options: ClaimOptions = {}): Promise<CacheClaim> {
    const parts = this.#joining.joined;
    const announcing = parts?.announcing();
    const claim = await this.#local.claim(part, options);
    if (parts === undefined || announcing === undefined) return claim;
    if (claim.state === "fill") {
      const hit = await parts.elsewhere.fill(part, claim, options);
      if (hit !== undefined) return { state: "hit", hit };
      return announcing(part, claim);
    }
    const isDown = claim.state === "pass" && claim.reason === "fault";
    if (isDown && this.#settings.whenRegionDown === "far") {
      const hit = await parts.elsewhere.read(part, options);
      if (hit !== undefined) return { state: "hit", hit };
    }
    return claim;
  }

  async elsewhere(part: Part, { signal }: Pick<ClaimOptions, "signal"> = {}): Promise<CacheHit | undefined> {
    return this.#joining.joined?.elsewhere.readAnyway(part, signal);
  }

  async put(part: Part, value: Uint8Array | undefined, facts?: Partial<FillFacts>): Promise<boolean> {
    const claim = await this.claim(part, { fresh: { present: -1, missing: -1 } });
    return claim.state === "fill" ? claim.commit(value, facts) : false;
  }

  has(part: Part): Promise<boolean> {
    return this.#local.has(part);
  }

  peek(part: Part): Promise<CachedFacts | undefined> {
    return this.#local.peek(part);
  }

  pin(part: Part): Promise<PinOutcome> {
    return this.#local.pin(part);
  }

  unpin(part: Part): Promise<boolean> {
    return this.#local.unpin(part);
  }

  async delete(storeId: string, key: string): Promise<void> {
    const intent = await this.openWrite(storeId, key);
    await intent.close();
  }

  async invalidate(storeId: string, path: string): Promise<void> {
    await this.#tell("An invalidation", storeId, path, false);
    await this.#local.invalidate(storeId, path);
  }

  async openWrite(storeId: string, key: string): Promise<WriteIntent> {
    const intent = await this.#local.openWrite(storeId, key);
    try {
      // Told before as well: should this process die while it writes, nobody goes on reading the old for long.
      await this.#tell("A write", storeId, key, false);
    } catch (error) {
      await intent.close();
      throw error;
    }
    return {
      close: async (value) => {
        await intent.close(value);
        await this.#tell("A write", storeId, key, true);
      },
    };
  }

  async deleteStore(storeId: string): Promise<void> {
    await this.#tell("A deletion", storeId, "/", false);
    await this.#local.deleteStore(storeId);
    this.#stores.delete(storeId);
  }

  closeStore(storeId: string): Promise<void> {
    return this.#local.closeStore(storeId);
  }

  async idle(storeId?: string): Promise<void> {
    await this.#local.idle(storeId);
    await this.#joining.joined?.elsewhere.idle();
    await this.#joining.joined?.announcements.idle();
  }

  usage(storeId?: string): Promise<StorageUsage> {
    return this.#local.usage(storeId);
  }

  tierStatistics(storeId?: string): readonly TierStatistics[] {
    return this.#local.tierStatistics(storeId);
  }

  /** What came from other regions, and what it took. */
  elsewhereStatistics(): ElsewhereStatistics | undefined {
    return this.#joining.joined?.elsewhere.statistics();
  }

  get above(): readonly CacheStorage[] {
    return this.#local.above ?? [];
  }

  entries(query?: EntryQuery): Promise<EntryPage> {
    return this.#local.entries(query);
  }

  verify(options?: VerifyOptions): Promise<VerifyReport> {
    return this.#local.verify(options);
  }

  sweep(): Promise<SweepReport> {
    return this.#local.sweep();
  }

  catchUp(): MaybePromise<boolean> {
    return this.#local.catchUp();
  }

  on<E extends keyof StorageEvents>(event: E, listener: (detail: StorageEvents[E]) => void): () => void {
    const stop = this.#local.on(event, listener);
    if (event !== "warning") return stop;
    const hear = listener as (detail: StorageEvents["warning"]) => void;
    const stopWarnings = this.#warnings.listen((message) => hear({ tier: "regions", message }));
    return () => {
      stop();
      stopWarnings();
    };
  }

  /** The region that this storage has joined; `undefined` while it has not. */
  get member(): Region | undefined {
    return this.#joining.joined?.region;
  }

  /** Resolves to the region as soon as this storage has joined it; stays pending while it cannot. */
  async joined(): Promise<Region> {
    return (await this.#joining.done()).region;
  }

  /** Answers members of other regions that fetch what is cached here. Mount it where the option `url` points to. */
  handler(): (request: Request) => Promise<Response> {
    return partHandler(this.#local, {
      token: this.#settings.token,
      missed: (part) => this.#joining.joined?.announcements.gone(part),
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const parts = await this.#joining.close();
    await parts?.end();
    await this.#local.close();
    await parts?.announcements.idle();
    await Promise.all(Object.values(this.#settings.buckets).map((bucket) => bucket.close?.()));
    if (!this.#settings.isGiven) await parts?.region.close();
  }

  async #join(): Promise<SharedParts> {
    const parts = await SharedParts.open(this.#local, this.#settings, this.#stores);
    parts.region.warnings.listen((message) => this.#warnings.warn(message));
    return parts;
  }

  async #tell(what: string, storeId: string, path: string, begun: boolean): Promise<void> {
    try {
      const { drops } = await this.#joining.now();
      await drops.tell(storeId, path);
    } catch (error) {
      throw new CacheUnavailableError(`${what} of "${path}"`, error, begun);
    }
  }
}
