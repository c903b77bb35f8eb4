import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import type { Part } from "../part.ts";
import { waitOrLeave } from "../shared-wait.ts";
import type { CachedFacts, CacheHit, WaitOutcome } from "../storage.ts";
import type { IndexEntry, StoreIndex } from "../store-index.ts";
import type { BackgroundWork } from "./background-work.ts";
import type { Reclaimer } from "./reclaimer.ts";
import type { BytesRead, SealedBytes } from "./sealed-bytes.ts";
import type { TierHealth } from "./tier-health.ts";
import type { TierLog } from "./tier-log.ts";
import type { TierOpening } from "./tier-opening.ts";
import type { TierSettings } from "./tier-options.ts";

/** What a tier reads with. */
export interface TierReadsContext {
  readonly index: StoreIndex;
  readonly bytes: SealedBytes;
  readonly health: TierHealth;
  readonly log: TierLog;
  readonly opening: TierOpening;
  readonly settings: TierSettings;
  readonly reclaimer: Pick<Reclaimer, "reclaimOrFault">;
  readonly work: BackgroundWork;
}

/** Looks parts up and reads their bytes. Whatever is wrong with a tier is a miss here, and a fault in the log. */
export class TierReads {
  readonly #context: TierReadsContext;

  constructor(context: TierReadsContext) {
    this.#context = context;
  }

  /** What is cached of a part. At once where index and bytes answer at once. */
  get(part: Part): MaybePromise<CacheHit | undefined> {
    const { health, opening, index, bytes, settings } = this.#context;
    if (!health.reads.admits() || !opening.isBound(part.storeId)) return undefined;
    const started = settings.monotonic();
    try {
      if (!opening.isOpen) return this.#getLater(part, started);
      const entry = index.lookup(part);
      if (isPromise(entry)) return this.#getLater(part, started, entry);
      if (entry === undefined || entry.missing) return this.#answer(part, entry, undefined, started);
      const read = bytes.read(part, entry);
      if (isPromise(read) || read.state !== "read") return this.#getLater(part, started, entry, read);
      return this.#answer(part, entry, read, started);
    } catch (error) {
      health.fault(part.storeId, "get", error, health.reads);
      return undefined;
    }
  }

  /** What is known of a part without reading its bytes. */
  async peek(part: Part): Promise<CachedFacts | undefined> {
    const { health, opening, index, bytes, log } = this.#context;
    if (!health.reads.admits() || !opening.isBound(part.storeId)) return undefined;
    try {
      await health.within("open", opening.opened());
      const entry = await health.within("look-up", index.peek(part));
      if (entry === undefined) return undefined;
      const { fetchedAt, expiresAt, cost, validator, grace, whole, missing, size } = entry;
      const age = index.now() - fetchedAt;
      const stored = bytes.nameOf(entry);
      return { age, expiresAt, cost, validator, grace, whole, missing, size, stored, tier: log.tier };
    } catch (error) {
      health.fault(part.storeId, "peek", error, health.reads);
      return undefined;
    }
  }

  /** Reads and verifies the bytes of an entry; one whose bytes are gone or wrong is condemned. */
  async readEntry(
    part: Part,
    entry: IndexEntry,
    started: number,
    reading?: MaybePromise<BytesRead>,
  ): Promise<CacheHit | undefined> {
    const { health, index, bytes, log, settings, reclaimer, work } = this.#context;
    if (entry.missing) return this.#answer(part, entry, undefined, started);
    const read = await health.within("read", reading ?? bytes.read(part, entry));
    const holder = entry.whole ? { storeId: part.storeId, key: part.key } : part;
    if (read.state === "read") {
      if (index.scope !== "process") index.recordAccess(holder, entry.token, settings.monotonic() - started);
      return this.#answer(part, entry, read, started);
    }
    const removed = await health.within("condemn", index.condemn(holder, entry.token));
    if (read.state === "corrupt") log.corrupt(part);
    if (read.state === "corrupt" || removed)
      health.fault(part.storeId, "read", new Error(`the bytes of "${part.key}" are ${WHAT[read.state]}`));
    work.behind(part.storeId, reclaimer.reclaimOrFault());
    return undefined;
  }

  /** Waits until a claim ends, for as long as `lockTimeout`, or until the reader leaves. */
  async settled(part: Part, token: string, signal: AbortSignal | undefined): Promise<WaitOutcome> {
    const { index, health, settings } = this.#context;
    signal?.throwIfAborted();
    const stop = new AbortController();
    let late = false;
    const timer = settings.timers.set(() => {
      late = true;
      stop.abort();
    }, settings.lockTimeout);
    try {
      const settled = index.settled(part, token, stop.signal);
      const { failure } = await waitOrLeave(settled, signal, (reason) => stop.abort(reason));
      return failure === undefined ? { state: "look" } : { state: "failed", failure };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!late) health.fault(part.storeId, "wait", error, health.fills);
      return { state: "timeout" };
    } finally {
      settings.timers.clear(timer);
    }
  }

  async #getLater(
    part: Part,
    started: number,
    entry?: MaybePromise<IndexEntry | undefined>,
    read?: MaybePromise<BytesRead>,
  ): Promise<CacheHit | undefined> {
    const { health, opening, index } = this.#context;
    try {
      if (!opening.isOpen) await health.within("open", opening.opened());
      const found = await health.within("look-up", entry ?? index.lookup(part));
      if (found === undefined || found.missing) return this.#answer(part, found, undefined, started);
      const hit = await this.readEntry(part, found, started, read);
      if (hit !== undefined) return hit;
      // Evicted or replaced between the look-up and the read: look once more.
      const again = await health.within("look-up", index.lookup(part));
      if (again === undefined || again.missing) return this.#answer(part, again, undefined, started);
      return again.token === found.token ? undefined : await this.readEntry(part, again, started);
    } catch (error) {
      health.fault(part.storeId, "get", error, health.reads);
      return undefined;
    }
  }

  #answer(
    part: Part,
    entry: IndexEntry | undefined,
    read: Extract<BytesRead, { state: "read" }> | undefined,
    started: number,
  ): CacheHit | undefined {
    const { health, log, settings, index } = this.#context;
    health.reads.succeeded();
    if (entry === undefined) {
      log.miss(part.storeId);
      return undefined;
    }
    log.hit(part.storeId, read?.value.byteLength ?? 0, settings.monotonic() - started);
    return {
      value: read?.value,
      owned: read?.owned ?? true,
      age: index.now() - entry.fetchedAt,
      expiresAt: entry.expiresAt,
      cost: entry.cost,
      validator: entry.validator,
      grace: entry.grace,
      whole: entry.whole,
      size: entry.whole ? entry.size : undefined,
      tier: log.tier,
    };
  }
}

const WHAT = { gone: "gone", corrupt: "not what was written" } as const;
