import type { CacheHit, Fill, FillFacts, PassReason } from "../storage.ts";
import type { ConfirmedFacts } from "../store-index.ts";
import { factsOf } from "./indexed-fill.ts";

/** Fills of several tiers that are made as one, best tier first. */
export class TieredFill implements Fill {
  readonly state = "fill";
  readonly #fills: readonly Fill[];
  readonly #readCost: () => number;
  readonly #write: "all" | "lowest";

  /** `readCost`: milliseconds that the lowest tier takes to read, which is what losing an upper copy costs. */
  constructor(fills: readonly Fill[], readCost: () => number, write: "all" | "lowest" = "all") {
    this.#fills = fills;
    this.#readCost = readCost;
    this.#write = write;
  }

  get signal(): AbortSignal {
    return (this.#fills.at(-1) as Fill).signal;
  }

  async commit(value: Uint8Array | undefined, facts: Partial<FillFacts> = {}): Promise<boolean> {
    const lowest = this.#fills.length - 1;
    const kept = await Promise.all(
      this.#fills.map((fill, place) =>
        place < lowest ? this.#commitAbove(fill, value, facts) : fill.commit(value, facts),
      ),
    );
    return kept.some(Boolean);
  }

  async #commitAbove(fill: Fill, value: Uint8Array | undefined, facts: Partial<FillFacts>): Promise<boolean> {
    const { purpose = "demand" } = facts;
    if (this.#write === "lowest" || purpose !== "demand") {
      await fill.abandon();
      return false;
    }
    const cost = this.#readCost();
    return fill.commit(value, cost > 0 ? { ...facts, cost } : facts);
  }

  async confirm(validator: string, facts: ConfirmedFacts): Promise<boolean> {
    const confirmed = await Promise.all(this.#fills.map((fill) => fill.confirm(validator, facts)));
    return confirmed.some(Boolean);
  }

  async fail(error: unknown): Promise<void> {
    await Promise.all(this.#fills.map((fill) => fill.fail(error)));
  }

  async pass(reason: PassReason): Promise<void> {
    await Promise.all(this.#fills.map((fill) => fill.pass(reason)));
  }

  abandon(): Promise<void> {
    return abandon(this.#fills);
  }
}

/** Copies a hit into the tiers that were claimed before its reading was started. They hold the very buffer from now on. */
export function promote(fills: readonly Fill[], hit: CacheHit, started: number): CacheHit {
  if (fills.length === 0) return hit;
  const cost = Math.max(0.01, performance.now() - started);
  // A buffer that the tier below keeps and one that nobody keeps are shared alike: nobody writes to either.
  for (const fill of fills) void fill.commit(hit.value, factsOf(hit, cost));
  return { ...hit, owned: false };
}

/** Gives claims up. */
export async function abandon(fills: readonly Fill[]): Promise<void> {
  await Promise.all(fills.map((fill) => fill.abandon()));
}
