/** A path that was dropped. */
export interface Invalidated {
  readonly storeId: string;
  readonly path: string;
  /** Whether the store was forgotten, and its id has not been bound again since. */
  readonly isForgotten: boolean;
}

/** `at`: when it was dropped last. `life`: of the servers, when that began. */
interface Remembered extends Invalidated {
  readonly at: number;
  readonly life: number;
}

/** What a failover may have lost is at most so old when the old server dies. */
const KEPT = 10_000;
const MOST = 1000;

/**
 * What this client dropped lately. After a restart or a failover, which may have lost the last moment, all of it is *owed*
 * until it was dropped again from beginning to end, however often that fails.
 */
export class RecentInvalidations {
  readonly #monotonic: () => number;
  #list = new Map<string, Remembered>();
  /** Counts the lives of the servers. What was dropped in an earlier one is owed. */
  #life = 0;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /**
   * A path is about to be dropped, and with `forget` its store forgotten; the answer is for {@link dropped}. What servers lose
   * from now on is owed as well.
   */
  dropping(storeId: string, path: string, forget = false): number {
    const name = nameOf(storeId, path);
    const known = this.#list.get(name);
    const at = this.#monotonic();
    if (known === undefined) this.#put({ storeId, path, isForgotten: forget, at, life: this.#life });
    else if (forget) this.#list.set(name, { ...known, isForgotten: true, at });
    return this.#life;
  }

  /** A path was dropped from beginning to end. */
  dropped(storeId: string, path: string, life: number): void {
    const isForgotten = this.#list.get(nameOf(storeId, path))?.isForgotten ?? false;
    this.#put({ storeId, path, isForgotten, at: this.#monotonic(), life });
  }

  /** A store id was bound: it is not forgotten once more. */
  bound(storeId: string): void {
    const name = nameOf(storeId, "/");
    const known = this.#list.get(name);
    if (known !== undefined) this.#list.set(name, { ...known, isForgotten: false });
  }

  /** The servers are not those of before, or have begun anew. */
  owe(): void {
    this.#life++;
  }

  /** What is to be dropped again. */
  owed(): readonly Invalidated[] {
    return [...this.#list.values()].filter(({ life }) => life < this.#life);
  }

  /** The servers were heard, and are those of before: what is old is not lost any more, unless it is owed. */
  settle(): void {
    const since = this.#monotonic() - KEPT;
    for (const [name, { at, life }] of this.#list)
      if (at < since && life === this.#life) this.#list.delete(name);
  }

  #put(dropped: Remembered): void {
    this.#list.set(nameOf(dropped.storeId, dropped.path), dropped);
    if (this.#list.size <= MOST) return;
    // More than that is dropped store by store.
    const all = [...this.#list.values()];
    this.#list.clear();
    for (const each of all) {
      const name = nameOf(each.storeId, "/");
      const whole = this.#list.get(name) ?? { ...each, path: "/" };
      const merged = {
        at: Math.max(whole.at, each.at),
        life: Math.min(whole.life, each.life),
        isForgotten: whole.isForgotten || each.isForgotten,
      };
      this.#list.set(name, { ...whole, ...merged });
    }
  }
}

function nameOf(storeId: string, path: string): string {
  return `${storeId}\n${path}`;
}
