/** What a reference cache is asked for: a key, and what admitting it would charge and save. */
export interface Request {
  readonly key: string;
  readonly charge: number;
  readonly cost: number;
  readonly weight: number;
}

interface Held extends Omit<Request, "weight"> {
  uses: number;
  weight: number;
  rank: number;
}

/**
 * A cache that says which keys go, in what order, and is too slow and too simple to be wrong: it looks at every entry
 * whenever it needs the lowest one.
 *
 * Greedy-Dual-Size-Frequency (Cherkasova, HPL-98-69R1) ranks an entry by `floor + weight × uses × cost / charge` at
 * each use; the lowest goes, and its rank becomes the floor. A newcomer that ranks below any that would have to go is not
 * admitted, drives out none, and raises the floor as if it had been admitted and had gone at once. LRU ranks by the time of the last use.
 *
 * A weight below 1, that of what was only prefetched, becomes 1 at the first use.
 */
export class ReferencePolicy {
  readonly #policy: "gdsf" | "lru";
  readonly #budget: number;
  readonly #held = new Map<string, Held>();
  #charged = 0;
  #floor = 0;
  #tick = 0;

  constructor(policy: "gdsf" | "lru", budget: number) {
    this.#policy = policy;
    this.#budget = budget;
  }

  /** Serves one request: whether it was a hit, the keys that it evicted in their order, and whether it is held now. */
  request(request: Request): {
    readonly hit: boolean;
    readonly evicted: readonly string[];
    readonly held: boolean;
  } {
    this.#tick++;
    const entry = this.#held.get(request.key);
    if (entry !== undefined) {
      entry.uses++;
      if (entry.weight < 1) entry.weight = 1;
      entry.rank = this.#rank(entry, entry.uses);
      return { hit: true, evicted: [], held: true };
    }
    const evicted: string[] = [];
    const own = this.#rank(request, 1);
    const victims: Held[] = [];
    let charged = this.#charged;
    while (charged + request.charge > this.#budget) {
      const lowest = this.#lowest(victims);
      if (lowest === undefined || lowest.rank > own) {
        this.#floor = Math.max(this.#floor, own);
        return { hit: false, evicted, held: false };
      }
      victims.push(lowest);
      charged -= lowest.charge;
    }
    for (const { key, rank, charge } of victims) {
      this.#floor = Math.max(this.#floor, rank);
      this.#held.delete(key);
      this.#charged -= charge;
      evicted.push(key);
    }
    this.#held.set(request.key, { ...request, uses: 1, rank: this.#rank(request, 1) });
    this.#charged += request.charge;
    return { hit: false, evicted, held: true };
  }

  #rank({ cost, charge, weight }: Request, uses: number): number {
    return this.#policy === "lru" ? this.#tick : this.#floor + (weight * uses * cost) / charge;
  }

  #lowest(chosen: readonly Held[]): Held | undefined {
    let lowest: Held | undefined;
    for (const entry of this.#held.values())
      if (chosen.includes(entry)) continue;
      else if (lowest === undefined || entry.rank < lowest.rank) lowest = entry;
    return lowest;
  }
}
