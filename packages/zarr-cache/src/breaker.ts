/** Whether a sick part is used: `open` skips it, `probing` lets one call through to see whether it is well again. */
export type BreakerState = "closed" | "open" | "probing";

/** Options of {@link Breaker}. */
export interface BreakerOptions {
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly onChange: (state: BreakerState) => void;
}

/** Faults in a row that open it. */
const THRESHOLD = 5;
/** Milliseconds that it stays open before it probes. */
const COOL_DOWN = 5_000;

/** Stops asking something that fails again and again, and tries it anew after a while. */
export class Breaker {
  readonly #options: BreakerOptions;
  #state: BreakerState = "closed";
  #faults = 0;
  #openedAt = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether a call may be made now. After the cool-down one caller is let through as the probe. */
  admits(): boolean {
    if (this.#state === "closed") return true;
    if (this.#options.clock() - this.#openedAt < COOL_DOWN) return false;
    // A probe that never answers is followed by another after the next cool-down.
    this.#openedAt = this.#options.clock();
    this.#turn("probing");
    return true;
  }

  succeeded(): void {
    this.#faults = 0;
    if (this.#state !== "closed") this.#turn("closed");
  }

  failed(): void {
    this.#faults++;
    if (this.#state === "closed" && this.#faults < THRESHOLD) return;
    this.#openedAt = this.#options.clock();
    if (this.#state !== "open") this.#turn("open");
  }

  #turn(state: BreakerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onChange(state);
  }
}
