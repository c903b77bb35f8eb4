import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import type { CacheStorage } from "../storage.ts";
import { UntoldDrops } from "./untold-drops.ts";

/**
 * Which of several tiers, best first, may answer: a tier whose copies may be older than what was invalidated below it
 * may not, nor may those above it. It is told of every drop below it, and told again what it failed to drop.
 */
export class TierTrust {
  readonly #tiers: readonly Pick<CacheStorage, "catchUp">[];
  /** What each tier has not heard yet of drops below it. */
  readonly #untold: readonly UntoldDrops[];

  constructor(tiers: readonly Pick<CacheStorage, "catchUp" | "invalidate">[]) {
    this.#tiers = tiers;
    this.#untold = tiers.map((tier) => new UntoldDrops(tier));
  }

  /** Tells the tiers above a place what was dropped there. */
  tellAbove(place: number, storeId: string, path: string): void {
    for (const above of this.#untold.slice(0, place)) above.tell(storeId, path);
  }

  /** Hears what was invalidated below, and tells it above; the place of the best tier whose copies can be up to date. */
  first(): MaybePromise<number> {
    let first = 0;
    for (let place = this.#tiers.length - 1; place > 0; place--) {
      const heard = this.#heard(place);
      // One in memory that is being told has heard by the next turn.
      if (isPromise(heard) || !this.#isTold(place - 1)) return this.#firstLater(place, heard, first);
      if (!heard && first === 0) first = place;
    }
    return first;
  }

  async #firstLater(from: number, heard: MaybePromise<boolean>, found: number): Promise<number> {
    let first = found;
    for (let place = from; place > 0; place--) {
      const isHeard = await (place === from ? heard : this.#heard(place));
      if (this.#isTold(place - 1) && isHeard) continue;
      void (this.#untold[place - 1] as UntoldDrops).retry();
      if (first === 0) first = place;
    }
    return first;
  }

  #heard(place: number): MaybePromise<boolean> {
    return (this.#tiers[place] as Pick<CacheStorage, "catchUp">).catchUp();
  }

  #isTold(place: number): boolean {
    return (this.#untold[place] as UntoldDrops).isEmpty;
  }
}
