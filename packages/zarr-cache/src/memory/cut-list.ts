import { isUnder } from "../key.ts";

/**
 * Invalidations that hold already but whose entries are not yet all removed.
 *
 * An invalidation of a path may cover millions of entries. It takes effect at once by a *cut*: everything below the
 * path that is older than the cut is invisible. The entries are then removed in small steps, and the cut with them.
 */
export class CutList {
  #cuts: { readonly storeId: string; readonly path: string; readonly serial: number; scanned: number }[] = [];

  get size(): number {
    return this.#cuts.length;
  }

  add(storeId: string, path: string, serial: number): void {
    this.#cuts = this.#cuts.filter((cut) => !(cut.storeId === storeId && isUnder(cut.path, path)));
    this.#cuts.push({ storeId, path, serial, scanned: 0 });
  }

  /** Whether an entry of this age is invisible. */
  covers(storeId: string, key: string, serial: number): boolean {
    for (const cut of this.#cuts)
      if (serial < cut.serial && cut.storeId === storeId && isUnder(key, cut.path)) return true;
    return false;
  }

  /**
   * Visits up to `steps` slots for every cut, at least one; a cut that has seen every slot below `end` is done.
   * Calls back for each slot; returns whether work is left.
   */
  scan(steps: number, end: number, visit: (slot: number) => void): boolean {
    let from = Number.POSITIVE_INFINITY;
    for (const cut of this.#cuts) from = Math.min(from, cut.scanned);
    const to = Math.min(end, from + steps);
    for (let slot = from; slot < to; slot++) visit(slot);
    for (const cut of this.#cuts) if (cut.scanned >= from) cut.scanned = Math.max(cut.scanned, to);
    this.#cuts = this.#cuts.filter((cut) => cut.scanned < end);
    return this.#cuts.length > 0;
  }
}
