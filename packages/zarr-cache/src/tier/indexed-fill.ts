import type { CacheHit, Fill, FillFacts, PassReason } from "../storage.ts";
import type { ClaimRef, ConfirmedFacts, EntryFacts, ReleaseOutcome, StoreIndex } from "../store-index.ts";
import type { BackgroundWork } from "./background-work.ts";
import type { ClaimKeeper } from "./claim-keeper.ts";
import { weightOf } from "./entry-weight.ts";
import type { FillKeeping } from "./fill-keeping.ts";
import type { ReadersFirst } from "./readers-first.ts";
import type { TierHealth } from "./tier-health.ts";
import type { TierLog } from "./tier-log.ts";

/** What a fill works with. */
export interface IndexedFillContext {
  readonly index: Pick<StoreIndex, "scope">;
  readonly health: TierHealth;
  readonly log: TierLog;
  readonly work: BackgroundWork;
  readonly keeper: ClaimKeeper;
  readonly keeping: FillKeeping;
  readonly readers: ReadersFirst;
  /** The fills under way, this one included until it has ended. */
  readonly fills: Set<IndexedFill>;
}

/** How long nobody queues for a part that is not kept, in milliseconds. */
export const PASS_FOR = 5_000;

/**
 * One fill of one tier, from the claim to the visible entry: reserve → write under the claim's token → commit.
 * Whatever goes wrong on the way, the claim is released, what was reserved is condemned, and the reader never hears of it.
 */
export class IndexedFill implements Fill {
  readonly state = "fill";
  readonly claim: ClaimRef;
  readonly #context: IndexedFillContext;
  #abort: AbortController | undefined;
  #isLost = false;
  #ended: Promise<boolean> | undefined;

  constructor(claim: ClaimRef, context: IndexedFillContext) {
    this.claim = claim;
    this.#context = context;
  }

  /** Aborted when the claim is lost. Made when it is asked for, which few do. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#isLost) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  /** The claim was taken away: what is committed from now on is dropped. */
  lost(): void {
    this.#isLost = true;
    this.#abort?.abort();
  }

  commit(value: Uint8Array | undefined, facts: Partial<FillFacts> = {}): Promise<boolean> {
    return this.#end(() => this.#commit(value, facts));
  }

  confirm(validator: string, facts: ConfirmedFacts): Promise<boolean> {
    return this.#end(() => this.#confirm(validator, facts));
  }

  async fail(error: unknown): Promise<void> {
    const failure =
      error instanceof Error
        ? { name: error.name, message: error.message }
        : { name: "Error", message: String(error) };
    await this.#end(() => this.#giveUp(this.#isLost ? {} : { failure }));
  }

  async pass(reason: PassReason): Promise<void> {
    this.#context.log.refused(this.claim.part, reason);
    await this.#end(() => this.#giveUp({ passFor: PASS_FOR }));
  }

  /** Gives the claim up without a word, so that those who wait try for themselves. */
  async abandon(): Promise<void> {
    await this.#end(() => this.#giveUp({}));
  }

  #end(how: () => Promise<boolean>): Promise<boolean> {
    if (this.#ended === undefined) {
      const { readers, work, fills, keeper } = this.#context;
      readers.served(this);
      this.#ended = work.track(this.claim.part.storeId, how()).finally(() => {
        fills.delete(this);
        keeper.drop(this.claim);
      });
    }
    return this.#ended;
  }

  async #commit(value: Uint8Array | undefined, given: Partial<FillFacts>): Promise<boolean> {
    const { index, log, keeping } = this.#context;
    const { part } = this.claim;
    const size = value?.byteLength ?? 0;
    const cost = given.cost ?? 1;
    const weight = weightOf(part, given.purpose);
    const facts: EntryFacts = {
      missing: value === undefined,
      size,
      checksum: 0,
      age: given.age ?? 0,
      expiresAt: given.expiresAt ?? Number.POSITIVE_INFINITY,
      cost,
      validator: given.validator,
      grace: given.grace,
    };
    let reason: PassReason | undefined = this.#isLost ? "revoked" : undefined;
    if (given.private === true && index.scope === "cluster") reason ??= "unwanted";
    try {
      reason ??= await keeping.keep(
        this.claim,
        value,
        { size, cost, weight },
        facts,
        given.purpose === "demand",
      );
      if (reason === undefined) return true;
    } catch (error) {
      this.#fault("fill", error);
      reason = "fault";
    }
    log.refused(part, reason);
    await this.#giveUp(isForGood(reason) ? { passFor: PASS_FOR } : {});
    return false;
  }

  async #confirm(validator: string, facts: ConfirmedFacts): Promise<boolean> {
    let isConfirmed = false;
    try {
      isConfirmed = await this.#context.keeping.confirm(this.claim, validator, facts);
    } catch (error) {
      this.#fault("confirm", error);
    }
    await this.#giveUp({});
    return isConfirmed;
  }

  async #giveUp(outcome: ReleaseOutcome): Promise<boolean> {
    try {
      await this.#context.keeping.release(this.claim, outcome);
    } catch (error) {
      // The claim ends by its age.
      this.#fault("release", error);
    }
    return false;
  }

  #fault(operation: string, error: unknown): void {
    const { health } = this.#context;
    health.fault(this.claim.part.storeId, operation, error, health.fills);
  }
}

/** Whether the next reader would be refused as well. */
function isForGood(reason: PassReason): boolean {
  return reason !== "revoked" && reason !== "unproven";
}

/** Facts that go along when a hit of one tier is copied into another. A negative age too, which is stale there as here. */
export function factsOf(hit: CacheHit, cost: number): FillFacts {
  return {
    age: hit.age,
    cost,
    expiresAt: hit.expiresAt,
    validator: hit.validator,
    grace: hit.grace,
    private: false,
    purpose: "demand",
  };
}
