import type { CachedStore, Source, SourceLike } from "zarr-cache";
import { isUnder } from "zarr-cache";

/** The size of a value, and the version that has it. */
export interface SizedVersion {
  readonly size: number;
  readonly validator: string | undefined;
}

const MOST = 16_384;

/**
 * Knows how large values are of which only parts are cached, which HTTP has to tell: from what the source said of late,
 * else by asking it for one byte. One question at a time for each key.
 */
export class KnownSizes {
  readonly #store: CachedStore;
  readonly #source: Source | undefined;
  readonly #known = new Map<string, SizedVersion>();
  readonly #asking = new Map<string, Promise<SizedVersion | undefined>>();

  constructor(store: CachedStore, source: SourceLike) {
    this.#store = store;
    this.#source = "read" in source ? (source as Source) : undefined;
    store.on("invalidate", ({ path }) => {
      for (const key of this.#known.keys()) if (isUnder(key, path)) this.#known.delete(key);
    });
  }

  /** Notes what was told of a value. */
  learn(key: string, size: number, validator: string | undefined): void {
    this.#known.delete(key);
    this.#known.set(key, { size, validator });
    if (this.#known.size <= MOST) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }

  /** The size of a version, if it was told; without a validator nobody knows which version that is. */
  of(key: string, validator: string | undefined): number | undefined {
    const known = validator === undefined ? undefined : this.#known.get(key);
    return known?.validator === validator ? known?.size : undefined;
  }

  /** Asks the source for the size; `undefined` when the key is missing. A source that tells no sizes is read whole, through the cache. */
  ask(key: `/${string}`, signal: AbortSignal): Promise<SizedVersion | undefined> {
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = this.#ask(key, signal).finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    return asking;
  }

  async #ask(key: `/${string}`, signal: AbortSignal): Promise<SizedVersion | undefined> {
    const answer = await this.#source?.read?.(key, { range: { offset: 0, length: 1 } });
    if (answer?.status === "missing") return undefined;
    if (answer?.size !== undefined) {
      this.learn(key, answer.size, answer.validator);
      return { size: answer.size, validator: answer.validator };
    }
    let validator: string | undefined;
    const value = await this.#store.get(key, { signal, onAnswer: (told) => (validator = told.validator) });
    if (value === undefined) return undefined;
    this.learn(key, value.byteLength, validator);
    return { size: value.byteLength, validator };
  }
}
