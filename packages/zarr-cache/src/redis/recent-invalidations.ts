interface Invalidated {
  readonly storeId: string;
  readonly path: string;
  readonly at: number;
}

/** What a failover may have lost is at most so old. */
const KEPT = 10_000;
const MOST = 1000;

/** What this client dropped in the last seconds, to be dropped again after a failover. */
export class RecentInvalidations {
  readonly #monotonic: () => number;
  #list: Invalidated[] = [];

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  add(storeId: string, path: string): void {
    this.#list.push({ storeId, path, at: this.#monotonic() });
    // More than that is dropped store by store.
    if (this.#list.length > MOST) this.#list = this.#stores();
  }

  all(): readonly Omit<Invalidated, "at">[] {
    const since = this.#monotonic() - KEPT;
    this.#list = this.#list.filter(({ at }) => at >= since);
    return this.#list;
  }

  #stores(): Invalidated[] {
    const since = this.#monotonic() - KEPT;
    const recent = this.#list.filter(({ at }) => at >= since);
    if (recent.length <= MOST / 2) return recent;
    return [...new Map(recent.map((it) => [it.storeId, { ...it, path: "/" }])).values()];
  }
}
