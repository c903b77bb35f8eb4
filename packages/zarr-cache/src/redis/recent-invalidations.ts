/** A path that was dropped. */
export interface Invalidated {
  readonly storeId: string;
  readonly path: string;
}

/** What a failover may have lost is at most so old when the old server dies. */
const KEPT = 10_000;
const MOST = 1000;

/** What this client dropped lately, to be dropped again after a failover. */
export class RecentInvalidations {
  readonly #monotonic: () => number;
  /** When each was dropped last. */
  #list = new Map<string, Invalidated & { readonly at: number }>();

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  add(storeId: string, path: string): void {
    this.#put(storeId, path, this.#monotonic());
    if (this.#list.size <= MOST) return;
    // More than that is dropped store by store.
    const all = [...this.#list.values()];
    this.#list.clear();
    for (const { storeId: id, at } of all) this.#put(id, "/", at);
  }

  /** The servers were heard, and are those of before: what is old is not lost any more. */
  settle(): void {
    const since = this.#monotonic() - KEPT;
    for (const [id, { at }] of this.#list) if (at < since) this.#list.delete(id);
  }

  /** All that may be lost, as it is now: what is dropped again is added again. */
  all(): readonly Invalidated[] {
    return [...this.#list.values()];
  }

  #put(storeId: string, path: string, at: number): void {
    this.#list.set(`${storeId}\n${path}`, { storeId, path, at });
  }
}
