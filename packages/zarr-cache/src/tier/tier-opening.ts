import { ClosedError, isTemporary, isZarrCacheError } from "../errors.ts";
import type { IndexState, StoreIndex } from "../store-index.ts";
import type { StoreOpener } from "../store-opener.ts";
import type { BackgroundWork } from "./background-work.ts";
import type { Leftovers } from "./leftovers.ts";
import type { Reclaimer } from "./reclaimer.ts";
import type { TierHealth } from "./tier-health.ts";
import type { TierLog } from "./tier-log.ts";

/** What a tier is opened with. */
export interface TierOpeningContext {
  readonly index: StoreIndex;
  readonly opener: StoreOpener;
  readonly reclaimer: Reclaimer;
  readonly leftovers: Leftovers;
  readonly health: TierHealth;
  readonly log: TierLog;
  readonly work: BackgroundWork;
  /** Called once, when index and bytes are open. */
  onOpened(): void;
  /** Called when the index had to begin anew. */
  onReopened(): void;
}

/**
 * What has to be true before a tier is used: index and bytes are open, nothing is left of an earlier life of the index,
 * a store id is known to belong to its source, and nobody has closed it. Whatever fails is tried again by the next caller.
 */
export class TierOpening {
  readonly #context: TierOpeningContext;
  /** Store ids whose binding could not be confirmed, with the identity of their source. */
  readonly #unbound = new Map<string, string | undefined>();
  readonly #rebinding = new Set<string>();
  #state: IndexState | undefined;
  #opening: Promise<IndexState> | undefined;
  #cleaning: Promise<void> | undefined;
  #isReady = false;
  #isClosed = false;

  constructor(context: TierOpeningContext) {
    this.#context = context;
    context.index.onReopened?.((state) => this.#reopened(state));
  }

  get isOpen(): boolean {
    return this.#state !== undefined;
  }

  /** Whether the tier was closed for good. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Throws `ClosedError` once the tier is closed. */
  assertUsable(): void {
    if (this.#isClosed) throw new ClosedError("The cache storage");
  }

  close(): void {
    this.#isClosed = true;
  }

  opened(): Promise<IndexState> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /**
   * Resolves when no bytes of an earlier life of the index are left, or they are charged for, and the budget holds.
   * Nothing is admitted before.
   */
  cleaned(): Promise<void> | undefined {
    if (this.#isReady) return undefined;
    this.#cleaning ??= this.#clean().catch((error: unknown) => {
      this.#cleaning = undefined;
      throw error;
    });
    return this.#cleaning;
  }

  /**
   * Opens and cleans. What does not answer in time, such as an index whose lock a stopped process holds, is a fault and a
   * warning, and is tried again by whoever reads next; rejects where the tier cannot be used.
   */
  async openOrLater(): Promise<void> {
    const { health, log } = this.#context;
    try {
      await health.atLength("open", this.opened());
      await this.cleaned();
    } catch (error) {
      if (!isTemporary(error)) throw error;
      health.fault(undefined, "open", error, health.reads);
      const { message: reason } = error as Error;
      const message = `The ${log.tier} tier is not used yet, and reads go on without it: ${reason} It is tried again by itself.`;
      log.warn(message);
    }
  }

  /** Binds a store id. Rejects only with `StoreIdConflictError`. */
  async bind(storeId: string, identity: string | undefined): Promise<void> {
    const { index, health } = this.#context;
    try {
      await health.within("open", this.opened());
      await health.within("bind", index.bind(storeId, identity));
      this.#unbound.delete(storeId);
    } catch (error) {
      // Who is told that the id is another's asks for nothing more; the one that it belongs to is not disturbed.
      if (isZarrCacheError(error, "StoreIdConflictError")) throw error;
      // Whether the id is another source's is not known, so nothing is answered for it until it is.
      this.#unbound.set(storeId, identity);
      health.fault(storeId, "bind", error, health.reads);
    }
  }

  /** False while the source of a store id is unknown; asks for it again behind the scenes. */
  isBound(storeId: string): boolean {
    if (this.#unbound.size === 0 || !this.#unbound.has(storeId)) return true;
    if (!this.#rebinding.has(storeId)) {
      this.#rebinding.add(storeId);
      const again = this.bind(storeId, this.#unbound.get(storeId)).finally(() =>
        this.#rebinding.delete(storeId),
      );
      this.#context.work.behind(storeId, again);
    }
    return false;
  }

  async #open(): Promise<IndexState> {
    const { opener, index } = this.#context;
    await opener.check?.();
    this.#state = await index.open();
    this.#context.onOpened();
    return this.#state;
  }

  /** The index was lost: what it charged for is deleted, or charged for, before anything is admitted to the new one. */
  #reopened(state: IndexState): void {
    void this.#context.leftovers.stop();
    this.#state = state;
    this.#opening = Promise.resolve(state);
    this.#cleaning = undefined;
    this.#isReady = false;
    this.#context.onReopened();
  }

  async #clean(): Promise<void> {
    const { index, reclaimer, leftovers } = this.#context;
    const state = await this.opened();
    if (!state.clean) await leftovers.clear(state.epoch);
    // A budget that was lowered since the last time holds before anything is admitted under it.
    const { bytes, maxBytes } = await index.usage();
    if (bytes > maxBytes) await reclaimer.makeRoom();
    // One that was lost meanwhile is not what was cleaned.
    if (this.#state === state) this.#isReady = true;
    else await this.#clean();
  }
}
