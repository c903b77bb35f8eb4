import type { CacheStorage } from "../storage.ts";

/** Paths of one store that are remembered one by one; where more are not heard of, the whole store is dropped. */
const MANY_PATHS = 100;

/**
 * Tells a tier what was dropped below it, and keeps what it could not be told of. A tier that has not heard of a drop may
 * hold what is gone, so it must not answer until it has.
 */
export class UntoldDrops {
  readonly #tier: Pick<CacheStorage, "invalidate">;
  /** Paths, by store, that the tier failed to drop. */
  readonly #failed = new Map<string, Set<string>>();
  #underWay = 0;
  #isRetrying = false;

  constructor(tier: Pick<CacheStorage, "invalidate">) {
    this.#tier = tier;
  }

  /** Whether the tier has heard of all, and may answer. */
  get isEmpty(): boolean {
    return this.#underWay === 0 && this.#failed.size === 0;
  }

  /** Tells the tier again what it failed to drop, one path after the other until it fails again. Not to be waited for. */
  async retry(): Promise<void> {
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    let isWell = true;
    while (isWell && this.#failed.size > 0) isWell = await this.tell(...this.#takeFailed());
    this.#isRetrying = false;
  }

  /** Taken out before it is told again: a drop of the same path that fails meanwhile is another one. */
  #takeFailed(): [storeId: string, path: string] {
    const [storeId, paths] = this.#failed.entries().next().value as [string, Set<string>];
    const path = paths.values().next().value as string;
    paths.delete(path);
    if (paths.size === 0) this.#failed.delete(storeId);
    return [storeId, path];
  }

  /** Tells the tier of a drop, and whether it heard: one in memory hears at once, and by the next turn this is known. */
  async tell(storeId: string, path: string): Promise<boolean> {
    this.#underWay++;
    try {
      await this.#tier.invalidate(storeId, path);
      return true;
    } catch {
      // The tier has reported the fault.
      this.#remember(storeId, path);
      return false;
    } finally {
      this.#underWay--;
    }
  }

  #remember(storeId: string, path: string): void {
    const paths = this.#failed.get(storeId);
    if (paths === undefined) this.#failed.set(storeId, new Set([path]));
    else if (paths.size < MANY_PATHS) paths.add(path);
    else {
      paths.clear();
      paths.add("/");
    }
  }
}
