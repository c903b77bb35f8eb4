import {
  type CacheHit,
  type CacheStorage,
  type ClaimOptions,
  type Fill,
  type Part,
  partId,
} from "zarr-cache";
import { Listening } from "../log/listening.ts";
import type { Region } from "../region.ts";
import type { Announcements } from "./announcements.ts";
import { partOf } from "./part-name.ts";
import type { PartOperation } from "./part-operation.ts";
import { PricedWays } from "./priced-ways.ts";
import type { RegionalSettings } from "./regional-options.ts";
import type { Way, Ways } from "./ways.ts";

/** Parts of other regions whose reads are counted, so that the second is kept. */
const COUNTED = 10_000;

/** Transfers of what is replicated eagerly at once. */
const EAGER_AT_ONCE = 4;

/**
 * A transfer that takes this many times what was expected is given up, so that the source can be asked; not before half the
 * time that the source would take itself.
 */
const PATIENCE = 4;
const LEAST_PATIENCE = 500;

/** What was read from other regions in this process. */
export interface ElsewhereStatistics {
  /** Reads that another region answered. */
  readonly reads: number;
  /** Of these, reads that a bucket of that region answered. */
  readonly fromBuckets: number;
  /** Bytes that came from other regions. */
  readonly bytes: number;
  /** Reads that went to the source since it was cheaper. */
  readonly dearer: number;
  /** Transfers that failed, were too late, or were not what was announced. */
  readonly failures: number;
  /** Parts that a region had announced and had no longer. */
  readonly gone: number;
  /** Milliseconds of a round trip to each region that something came from. */
  readonly roundTrips: ReadonlyMap<string, number>;
}

export interface ElsewhereOptions {
  readonly region: Region;
  readonly local: CacheStorage;
  readonly announcements: Announcements;
  readonly ways: Ways;
  readonly settings: RegionalSettings;
  /** Whether a store is in use here. */
  readonly isUsed: (storeId: string) => boolean;
}

/** Reads from other regions what they hold, where that is cheaper than the source, and keeps it as the store says. */
export class ElsewhereReads {
  readonly #options: ElsewhereOptions;
  readonly #priced: PricedWays;
  /** Milliseconds that the source of a store takes here, smoothed. */
  readonly #sources = new Map<string, number>();
  readonly #readBefore = new Set<string>();
  readonly #eager = new Set<Promise<unknown>>();
  readonly #ending = new AbortController();
  readonly #counts = { reads: 0, fromBuckets: 0, bytes: 0, dearer: 0, failures: 0, gone: 0 };
  #listening: Listening<PartOperation> | undefined;

  constructor(options: ElsewhereOptions) {
    this.#options = options;
    this.#priced = new PricedWays(options.ways);
  }

  /** Begins to fetch what is announced of stores that are replicated eagerly. */
  open(): void {
    const { region, settings, isUsed } = this.#options;
    this.#listening = new Listening(region.logs("parts"), {
      wanted: (log) => log.region !== region.region,
      hear: async ({ operation }) => {
        const part = partOf(operation.part);
        if (part === undefined || operation.gone || settings.replicate(part.storeId) !== "eager") return;
        if (!isUsed(part.storeId)) return;
        while (this.#eager.size >= EAGER_AT_ONCE) await Promise.race(this.#eager);
        const fetching: Promise<unknown> = this.#replicate(part).finally(() => this.#eager.delete(fetching));
        this.#eager.add(fetching);
      },
    });
  }

  /**
   * Fills a part of this region with what another one holds, if one does and that is cheaper than the source. The fill
   * is ended where this answers a hit, and untouched where not.
   */
  async fill(part: Part, fill: Fill, options: ClaimOptions): Promise<CacheHit | undefined> {
    const found = await this.#find(part, options, fill.signal);
    if (found === undefined || fill.signal.aborted) return undefined;
    const { hit, operation, value } = found;
    // Given up without a mark: the next reader is to be answered from there as well.
    if (!this.#isKept(part)) await fill.abandon();
    else {
      const { askedAt, cost, validator, grace } = operation;
      const age = Math.max(0, this.#options.region.settings.clock() - askedAt);
      const isKept = await fill.commit(value, { cost, age, validator, grace, expiresAt: hit.expiresAt });
      if (isKept) this.#options.announcements.copied(part, operation);
    }
    return hit;
  }

  /** Reads a part from another region without keeping it, where that is cheaper than the source. */
  async read(part: Part, options: ClaimOptions): Promise<CacheHit | undefined> {
    return (await this.#find(part, options, undefined))?.hit;
  }

  /** Reads a part from another region without keeping it, whatever it costs: there is no source to ask. */
  async readAnyway(part: Part, signal: AbortSignal | undefined): Promise<CacheHit | undefined> {
    return (await this.#find(part, {}, signal, Number.POSITIVE_INFINITY))?.hit;
  }

  /** Notes what the source of a store took here. */
  sourceTook(storeId: string, milliseconds: number): void {
    const known = this.#sources.get(storeId) ?? milliseconds;
    this.#sources.set(storeId, known + (milliseconds - known) / 4);
  }

  statistics(): ElsewhereStatistics {
    return { ...this.#counts, roundTrips: this.#priced.roundTrips() };
  }

  async idle(): Promise<void> {
    while (this.#eager.size > 0) await Promise.all(this.#eager);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#priced.close();
    await this.#listening?.end();
    await this.idle();
  }

  /** `worth`: milliseconds that it may take; by default what the source takes. */
  async #find(part: Part, options: ClaimOptions, signal: AbortSignal | undefined, worth?: number) {
    const { announcements } = this.#options;
    // A caller who accepts no age at all has something newer to put.
    if (options.fresh !== undefined && options.fresh.present < 0) return undefined;
    let holdings: PartOperation[];
    try {
      holdings = await announcements.holdings(part);
    } catch {
      // The region's server is away; so is all word of the others.
      return undefined;
    }
    const fresh = holdings.filter((it) => this.#isFresh(it, options));
    for (const { operation, way, milliseconds } of this.#priced.to(part, fresh)) {
      const source = worth ?? this.#sources.get(part.storeId) ?? operation.cost;
      if (milliseconds >= source) {
        this.#counts.dearer++;
        return undefined;
      }
      const value =
        way &&
        (await this.#transfer(way, Math.max(LEAST_PATIENCE, PATIENCE * milliseconds, source / 2), signal));
      if (value !== false) return { operation, value, hit: this.#hitOf(operation, value) };
    }
    return undefined;
  }

  #isFresh(operation: PartOperation, { fresh }: ClaimOptions): boolean {
    const age = this.#options.region.settings.clock() - operation.askedAt;
    const bound = (operation.missing ? fresh?.missing : fresh?.present) ?? Number.POSITIVE_INFINITY;
    return age >= 0 && age <= bound;
  }

  /** The bytes; false where they could not be had. */
  async #transfer(way: Way, patience: number, signal: AbortSignal | undefined): Promise<Uint8Array | false> {
    const { region, settings } = this.#options;
    const timeout = Math.min(settings.transferTimeout, patience);
    const started = performance.now();
    try {
      const both =
        signal === undefined ? this.#ending.signal : AbortSignal.any([signal, this.#ending.signal]);
      const value = await way.fetch({ timeout, signal: both });
      if (value === undefined) {
        this.#counts.gone++;
        return false;
      }
      const took = performance.now() - started;
      this.#priced.measured(way, value.byteLength, took);
      if (way.member !== undefined) region.measured(way.member, took);
      this.#counts.reads++;
      this.#counts.bytes += value.byteLength;
      if (way.kind === "bucket") this.#counts.fromBuckets++;
      return value;
    } catch (error) {
      if (signal?.aborted || this.#ending.signal.aborted) return false;
      this.#counts.failures++;
      this.#priced.failed(way, performance.now() - started);
      region.warnings.warn(String(error));
      return false;
    }
  }

  #hitOf(operation: PartOperation, value: Uint8Array | undefined): CacheHit {
    const { region, local } = this.#options;
    const wall = region.settings.clock();
    const { askedAt, expiresAt, cost, validator, grace } = operation;
    return {
      value,
      // The tiers of this region may keep these very bytes.
      owned: false,
      age: wall - askedAt,
      expiresAt: expiresAt === undefined ? Number.POSITIVE_INFINITY : local.now() + (expiresAt - wall),
      cost,
      validator,
      grace,
      whole: false,
      tier: `region ${operation.region}`,
    };
  }

  #isKept(part: Part): boolean {
    const replication = this.#options.settings.replicate(part.storeId);
    if (replication !== "on-second-read") return replication === "eager";
    const id = partId(part);
    if (this.#readBefore.delete(id)) return true;
    this.#readBefore.add(id);
    const [oldest] = this.#readBefore;
    if (this.#readBefore.size > COUNTED && oldest !== undefined) this.#readBefore.delete(oldest);
    return false;
  }

  async #replicate(part: Part): Promise<void> {
    const claim = await this.#options.local.claim(part);
    if (claim.state !== "fill") return;
    if ((await this.fill(part, claim, {})) === undefined) await claim.abandon();
  }
}
