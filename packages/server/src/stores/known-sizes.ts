import type { CachedStore, ReadAnswer, Source, SourceLike } from "zarr-cache";
import { isUnder } from "zarr-cache";
import { readValue } from "./read-value.ts";

/** The size of a value, `undefined` when it is missing, and what is known of the answer that told it. */
export interface AskedSize {
  readonly size: number | undefined;
  readonly answer: ReadAnswer;
}

/** The size of a value, and the version that has it. */
interface SizedVersion {
  readonly size: number;
  readonly validator: string | undefined;
}

const FIRST_BYTE = { offset: 0, length: 1 } as const;
/** What the source said and nobody keeps. */
const ASKED: ReadAnswer = { from: "miss", age: 0, freshFor: 0, isKept: false };
/** Several wait for the same question. */
const NEVER_ABORTED = new AbortController();

const MOST = 16_384;

/**
 * Knows how large values are of which only parts are cached, which HTTP has to tell: from what the source said of late,
 * else by asking for one byte.
 */
export class KnownSizes {
  readonly #store: CachedStore;
  readonly #source: Source | undefined;
  readonly #known = new Map<string, SizedVersion>();
  readonly #asking = new Map<string, Promise<AskedSize>>();

  constructor(store: CachedStore, source: SourceLike) {
    this.#store = store;
    this.#source = "read" in source ? (source as Source) : undefined;
    store.on("invalidate", ({ path }) => {
      for (const key of this.#known.keys()) if (isUnder(key, path)) this.#known.delete(key);
    });
  }

  /** Notes what was told of a value. */
  learn(key: string, size: number, validator: string | undefined): void {
    if (this.of(key, validator) === size) return;
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

  /**
   * Asks for the size through the cache, by the first byte, which is kept: who asks again, for something missing too, does
   * not ask the source. A source that tells no sizes is read whole. `size` is `undefined` when the key is missing.
   */
  async ask(key: `/${string}`, reader: { readonly signal: AbortSignal }): Promise<AskedSize> {
    if (this.#source?.read !== undefined) {
      const { value, answer } = await readValue(this.#store, key, FIRST_BYTE, reader);
      if (value === undefined) return { size: undefined, answer };
      const size = value.byteLength === 0 ? 0 : (answer.size ?? this.of(key, answer.validator));
      if (size !== undefined) {
        this.learn(key, size, answer.validator);
        return { size, answer };
      }
    }
    return this.askSource(key);
  }

  /** Asks the source for the size that a value has now. One question at a time for each key. */
  askSource(key: `/${string}`): Promise<AskedSize> {
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = this.#askSource(key).finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    return asking;
  }

  async #askSource(key: `/${string}`): Promise<AskedSize> {
    const told = await this.#source?.read?.(key, { range: FIRST_BYTE });
    if (told?.status === "missing") return { size: undefined, answer: ASKED };
    if (told?.size !== undefined) {
      this.learn(key, told.size, told.validator);
      return { size: told.size, answer: { ...ASKED, validator: told.validator } };
    }
    const { value, answer } = await readValue(this.#store, key, undefined, NEVER_ABORTED);
    if (value !== undefined) this.learn(key, value.byteLength, answer.validator);
    return { size: value?.byteLength, answer };
  }
}
