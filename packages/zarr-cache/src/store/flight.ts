import { waitOrLeave } from "../shared-wait.ts";
import type { FillPurpose } from "../storage.ts";
import type { AnswerFacts } from "./read-answer.ts";

/** What a flight brought, and whether from the cache. */
export interface Landed {
  readonly value: Uint8Array | undefined;
  /** True when nobody but the readers of this flight holds `value`. */
  readonly owned: boolean;
  /** `revalidating`: from the cache, past its age, to be fetched anew behind the answer. */
  readonly from: "cache" | "stale" | "revalidating" | "source";
  /** The tier that it came from, if not from the source. */
  readonly tier?: string;
  readonly facts: AnswerFacts;
  /** Whether what the source answered is going to be kept. */
  readonly isKept?: boolean;
}

/**
 * One read on its way, shared by every reader of the same part in this process.
 *
 * A reader that leaves ends only its own wait. When the last one has left, the flight's signal is aborted, and with it
 * the request at the source.
 */
export class Flight {
  /** When it began, on the storage's clock. */
  readonly startedAt: number;
  #purpose: FillPurpose;
  #demand: AbortController | undefined;
  readonly landed: Promise<Landed>;
  #abort: AbortController | undefined;
  #givenUp: { readonly reason: unknown } | undefined;
  #readers = 0;
  #joined = 0;
  #over = false;

  constructor(startedAt: number, purpose: FillPurpose, run: (flight: Flight) => Promise<Landed>) {
    this.startedAt = startedAt;
    this.#purpose = purpose;
    if (purpose !== "demand") this.#demand = new AbortController();
    this.landed = run(this).finally(() => {
      this.#over = true;
    });
    // A flight that everybody left fails without a listener.
    this.landed.catch(() => {});
  }

  /** Whether it was given up, so that nobody may join it. */
  get aborted(): boolean {
    return this.#givenUp !== undefined;
  }

  /** Aborted when the last reader has left. Made when it is asked for, which a flight that finds its part never does. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#givenUp !== undefined) this.#abort.abort(this.#givenUp.reason);
    }
    return this.#abort.signal;
  }

  /** What it is for by now: the most that any of its readers wants. */
  get purpose(): FillPurpose {
    return this.#purpose;
  }

  /** Of a flight that nobody waited for when it began: fires when somebody does. */
  get demanded(): AbortSignal | undefined {
    return this.#demand?.signal;
  }

  /** How many readers ever waited for it. */
  get joined(): number {
    return this.#joined;
  }

  /** Waits for it to land, or until the reader's own signal says to leave. */
  join(signal: AbortSignal | undefined, purpose: FillPurpose = "demand"): Promise<Landed> {
    if (purpose === "demand") this.#demand?.abort();
    if (purpose === "pin" || this.#purpose === "prefetch") this.#purpose = purpose;
    this.#readers++;
    this.#joined++;
    return waitOrLeave(this.landed, signal, (reason) => {
      if (--this.#readers === 0 && !this.#over) this.#giveUp(reason);
    });
  }

  #giveUp(reason: unknown): void {
    this.#givenUp = { reason };
    this.#abort?.abort(reason);
  }
}
