import type { Part } from "../part.ts";
import type { CacheHit, Fill, FillFacts, PassReason } from "../storage.ts";
import type { ClaimRef, ConfirmedFacts, EntryFacts, ReleaseOutcome, Reservation } from "../store-index.ts";
import { weightOf } from "./entry-weight.ts";

/** What a fill does in its tier. */
export interface FillSteps {
  /**
   * Keeps a value under a claim; answers why not, or nothing when it is visible. `isBehind`: for no one but those who
   * come later. Throws when the tier fails.
   */
  keep(
    claim: ClaimRef,
    value: Uint8Array | undefined,
    want: Wanted,
    facts: EntryFacts,
    isBehind: boolean,
  ): Promise<PassReason | undefined>;
  /** Renews the entry that has this validator. Throws when the tier fails. */
  confirm(claim: ClaimRef, validator: string, facts: ConfirmedFacts): Promise<boolean>;
  /** Whether what is for one user may be kept. */
  readonly keepsPrivate: boolean;
  release(claim: ClaimRef, outcome: ReleaseOutcome): Promise<void>;
  refused(part: Part, reason: PassReason): void;
  fault(part: Part, operation: string, error: unknown): void;
  /** Called once, when the fill has got its bytes, or will get none. */
  ending(fill: IndexedFill): void;
  /** Called once, when the fill has ended. */
  ended(fill: IndexedFill): void;
}

/** What of a reservation does not depend on the medium. */
export type Wanted = Omit<Reservation, "footprint">;

/** How long nobody queues for a part that is not kept, in milliseconds. */
export const PASS_FOR = 5_000;

/**
 * One fill of one tier, from the claim to the visible entry: reserve → write under the claim's token → commit.
 * Whatever goes wrong on the way, the claim is released, what was reserved is condemned, and the reader never hears of it.
 */
export class IndexedFill implements Fill {
  readonly state = "fill";
  readonly claim: ClaimRef;
  readonly #steps: FillSteps;
  #abort: AbortController | undefined;
  #isLost = false;
  #ended: Promise<boolean> | undefined;

  constructor(claim: ClaimRef, steps: FillSteps) {
    this.claim = claim;
    this.#steps = steps;
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
    this.#steps.refused(this.claim.part, reason);
    await this.#end(() => this.#giveUp({ passFor: PASS_FOR }));
  }

  /** Gives the claim up without a word, so that those who wait try for themselves. */
  async abandon(): Promise<void> {
    await this.#end(() => this.#giveUp({}));
  }

  #end(how: () => Promise<boolean>): Promise<boolean> {
    if (this.#ended === undefined) {
      this.#steps.ending(this);
      this.#ended = how().finally(() => this.#steps.ended(this));
    }
    return this.#ended;
  }

  async #commit(value: Uint8Array | undefined, given: Partial<FillFacts>): Promise<boolean> {
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
    if (given.private === true && !this.#steps.keepsPrivate) reason ??= "unwanted";
    try {
      reason ??= await this.#steps.keep(
        this.claim,
        value,
        { size, cost, weight },
        facts,
        given.purpose === "demand",
      );
      if (reason === undefined) return true;
    } catch (error) {
      this.#steps.fault(part, "fill", error);
      reason = "fault";
    }
    this.#steps.refused(part, reason);
    await this.#giveUp(isForGood(reason) ? { passFor: PASS_FOR } : {});
    return false;
  }

  async #confirm(validator: string, facts: ConfirmedFacts): Promise<boolean> {
    let isConfirmed = false;
    try {
      isConfirmed = await this.#steps.confirm(this.claim, validator, facts);
    } catch (error) {
      this.#steps.fault(this.claim.part, "confirm", error);
    }
    await this.#giveUp({});
    return isConfirmed;
  }

  async #giveUp(outcome: ReleaseOutcome): Promise<boolean> {
    try {
      await this.#steps.release(this.claim, outcome);
    } catch (error) {
      // The claim ends by its age.
      this.#steps.fault(this.claim.part, "release", error);
    }
    return false;
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
