import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import type { CacheStorage } from "../storage.ts";
import type { CopiesAbove } from "../store-index.ts";
import { UntoldDrops } from "./untold-drops.ts";

type TrustedTier = Pick<CacheStorage, "catchUp" | "invalidate" | "heard" | "copiesAbove">;

/**
 * Which of several tiers, best first, may answer: a tier whose copies may be older than what was invalidated below it
 * may not, nor may those above it. It is told of every drop below it, and told again what it failed to drop.
 */
export class TierTrust {
  readonly #tiers: readonly Pick<CacheStorage, "catchUp">[];
  /** What each tier has not heard yet of drops below it. */
  readonly #untold: readonly UntoldDrops[];
  /** Of tiers that outlive this process. */
  readonly #copies: CopiesAbove | undefined;
  /** Drops of the storage's own that are under way: it tells of each once, when every tier has heard. */
  dropping = 0;

  constructor(tiers: readonly TrustedTier[]) {
    this.#tiers = tiers;
    this.#untold = tiers.map((tier) => new UntoldDrops(tier));
    this.#copies = tiers.at(-1)?.copiesAbove?.({
      heard: tiers.slice(0, -1).map(({ heard }) => heard),
      drop: (...path) => Promise.all(this.#untold.slice(0, -1).map((above) => above.tell(...path))),
    });
  }

  /** Tells the tiers above a place what was dropped there. */
  tellAbove(place: number, storeId: string, path: string): void {
    for (const above of this.#untold.slice(0, place)) void above.tell(storeId, path);
  }

  /** Lets tiers that outlive their processes drop what they have missed. */
  async open(): Promise<void> {
    await this.#copies?.open();
  }

  /** Hears what was invalidated below, and tells it above; the place of the best tier whose copies can be up to date. */
  first(least?: number): MaybePromise<number> {
    const copies = this.#copies;
    if (least === undefined && copies?.areToldAll === false)
      return copies.resume().then((place) => this.first(place));
    let first = least ?? 0;
    for (let place = this.#tiers.length - 1; place > 0; place--) {
      const heard = this.#heard(place);
      // One in memory that is being told has heard by the next turn.
      if (isPromise(heard) || !this.#isTold(place - 1)) return this.#firstLater(place, heard, first);
      if (!heard && first < place) first = place;
    }
    if (first + this.dropping === 0) copies?.keepSometimes();
    return first;
  }

  async #firstLater(from: number, heard: MaybePromise<boolean>, found: number): Promise<number> {
    let first = found;
    for (let place = from; place > 0; place--) {
      const isHeard = await (place === from ? heard : this.#heard(place));
      if (this.#isTold(place - 1) && isHeard) continue;
      void (this.#untold[place - 1] as UntoldDrops).retry();
      if (first < place) first = place;
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
