import {
  type CacheClaim,
  type CachedFacts,
  type CacheHit,
  type CacheStorage,
  CacheUnavailableError,
  type ClaimOptions,
  type EntryPage,
  type EntryQuery,
  type Fill,
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
import { Region } from "../region.ts";
import { RegionWarnings } from "../region-warnings.ts";
import { Announcements } from "./announcements.ts";
import { AnnouncingFill } from "./announcing-fill.ts";
import { DropLog } from "./drop-log.ts";
import { ElsewhereReads, type ElsewhereStatistics } from "./elsewhere-reads.ts";
import { KnownDrops } from "./known-drops.ts";
import { partHandler } from "./part-handler.ts";
import { parseRegionalOptions, type RegionalOptions, type RegionalSettings } from "./regional-options.ts";
import { Ways } from "./ways.ts";

/** Milliseconds before joining is tried again: the first time, and at most. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

const NO_AGE = { present: -1, missing: -1 };

/** What is there once the storage is open. */
interface Parts {
  readonly region: Region;
  readonly drops: DropLog;
  readonly announcements: Announcements;
  readonly elsewhere: ElsewhereReads;
}

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
  readonly #known = new KnownDrops();
  readonly #stores = new Set<string>();
  readonly #warnings = new RegionWarnings();
  #opening: Promise<Parts | undefined> | undefined;
  #parts: Parts | undefined;
  #isClosed = false;
  #isTrying = false;
  #retry: unknown;
  #tellJoined: (region: Region) => void = () => {};
  readonly #joined: Promise<Region>;

  constructor(local: CacheStorage, options: RegionalOptions) {
    if (typeof local?.claim !== "function")
      throw new InvalidArgumentError("local", local, "the cache storage of this region");
    this.#settings = parseRegionalOptions(options);
    this.#local = local;
    this.fills = local.fills;
    this.#joined = new Promise((resolve) => {
      this.#tellJoined = resolve;
    });
  }

  /**
   * Opens the region's tiers, and joins the region. Where that is not possible, a `warning` says why, the region goes on
   * alone, and joining is tried again by itself.
   */
  async open(): Promise<void> {
    await this.#local.open();
    await this.#joinOrLater(FIRST_PAUSE);
  }

  now(): number {
    return this.#local.now();
  }

  async bind(storeId: string, identity: string | undefined): Promise<void> {
    await this.#local.bind(storeId, identity);
    this.#stores.add(storeId);
    // Reads go on without the others until this region has joined them.
    void this.#joinOrLater(FIRST_PAUSE);
  }

  get(part: Part): MaybePromise<CacheHit | undefined> {
    return this.#local.get(part);
  }

  async claim(part: Part, options: ClaimOptions = {}): Promise<CacheClaim> {
    const parts = this.#parts;
    const stamp = parts?.region.clock.next() ?? 0;
    const askedAt = parts?.region.settings.clock() ?? 0;
    const claim = await this.#local.claim(part, options);
    if (parts === undefined) return claim;
    if (claim.state === "fill") {
      const hit = await parts.elsewhere.fill(part, claim, options);
      if (hit !== undefined) return { state: "hit", hit };
      return this.#announcing(parts, part, claim, stamp, askedAt);
    }
    const isDown = claim.state === "pass" && claim.reason === "fault";
    if (isDown && this.#settings.whenRegionDown === "far") {
      const hit = await parts.elsewhere.read(part, options);
      if (hit !== undefined) return { state: "hit", hit };
    }
    return claim;
  }

  async put(part: Part, value: Uint8Array | undefined, facts?: Partial<FillFacts>): Promise<boolean> {
    const claim = await this.claim(part, { fresh: NO_AGE });
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
    await this.#parts?.elsewhere.idle();
    await this.#parts?.announcements.idle();
  }

  usage(storeId?: string): Promise<StorageUsage> {
    return this.#local.usage(storeId);
  }

  tierStatistics(storeId?: string): readonly TierStatistics[] {
    return this.#local.tierStatistics(storeId);
  }

  /** What came from other regions, and what it took. */
  elsewhereStatistics(): ElsewhereStatistics | undefined {
    return this.#parts?.elsewhere.statistics();
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
    return this.#parts?.region;
  }

  /** Resolves to the region as soon as this storage has joined it; stays pending while it cannot. */
  joined(): Promise<Region> {
    return this.#joined;
  }

  /** Answers members of other regions that fetch what is cached here. Mount it where the option `url` points to. */
  handler(): (request: Request) => Promise<Response> {
    return partHandler(this.#local, {
      token: this.#settings.token,
      missed: (part) => this.#parts?.announcements.gone(part),
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#settings.timers.clear(this.#retry);
    const parts = await this.#opening?.catch(() => undefined);
    await parts?.elsewhere.close();
    await parts?.drops.close();
    await this.#local.close();
    await parts?.announcements.idle();
    await Promise.all(Object.values(this.#settings.buckets).map((bucket) => bucket.close?.()));
    if (this.#settings.member === undefined) await parts?.region.close();
  }

  /** Joins; where that fails, again after a pause that becomes longer. */
  async #joinOrLater(pause: number): Promise<void> {
    if (this.#isTrying || this.#isClosed || this.#parts !== undefined) return;
    this.#isTrying = true;
    try {
      await this.#join();
      this.#isTrying = false;
    } catch (error) {
      this.#warnings.warn(error instanceof Error ? error.message : String(error));
      const again = () => {
        this.#isTrying = false;
        void this.#joinOrLater(Math.min(2 * pause, LONGEST_PAUSE));
      };
      this.#retry = this.#settings.timers.set(again, pause, { background: true });
    }
  }

  #join(): Promise<Parts | undefined> {
    this.#opening ??= this.#begin().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #begin(): Promise<Parts | undefined> {
    const { member, name } = this.#settings;
    const region = member ?? (await Region.open(this.#settings.region));
    region.warnings.listen((message) => this.#warnings.warn(message));
    const announcements = new Announcements(region, this.#known, this.#local);
    const drops = new DropLog({
      region,
      storage: this.#local,
      known: this.#known,
      name,
      stores: () => this.#stores,
    });
    const elsewhere = new ElsewhereReads({
      region,
      local: this.#local,
      announcements,
      ways: new Ways({ members: () => region.members(), settings: this.#settings }),
      settings: this.#settings,
      isUsed: (storeId) => this.#stores.has(storeId),
    });
    this.#parts = { region, announcements, drops, elsewhere };
    drops.open();
    elsewhere.open();
    this.#tellJoined(region);
    return this.#parts;
  }

  async #tell(what: string, storeId: string, path: string, begun: boolean): Promise<void> {
    try {
      const parts = await this.#join();
      await parts?.drops.tell(storeId, path);
    } catch (error) {
      throw new CacheUnavailableError(`${what} of "${path}"`, error, begun);
    }
  }

  #announcing(parts: Parts, part: Part, fill: Fill, stamp: number, askedAt: number): Fill {
    return new AnnouncingFill(fill, (value, facts) => {
      if (facts.private) return;
      parts.elsewhere.sourceTook(part.storeId, facts.cost ?? 1);
      const { expiresAt = Number.POSITIVE_INFINITY, age = 0 } = facts;
      const now = parts.region.settings.clock();
      parts.announcements.kept(part, value, {
        ...facts,
        stamp,
        askedAt: askedAt - age,
        expires: expiresAt === Number.POSITIVE_INFINITY ? undefined : now + (expiresAt - this.now()),
      });
    });
  }
}
