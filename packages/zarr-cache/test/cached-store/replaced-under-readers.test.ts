import { expect, it } from "vitest";
import type { CachedStore } from "../../src/cached-store.ts";
import { isZarrCacheError } from "../../src/errors.ts";
import { type SourceAnswer, SourceChangedError } from "../../src/index.ts";
import { sliceRange } from "../../src/range.ts";
import type { SourceRead } from "../../src/store/source-answer.ts";
import type { CachedStoreOptions } from "../../src/store/store-options.ts";
import { type Random, seededRandom } from "../../src/testing/random.ts";
import { cached } from "../support/cached.ts";

const FIRST_SEED = Number(process.env["ZARR_CACHE_SEED"] ?? 1);
const SEEDS = 12;
const KEY = "/c/0";

/** How the server is, and what the store may do. */
interface Way {
  /** Tags are weak, so that the server compares none. */
  readonly weak?: boolean;
  /** The server does not know `If-Match`. */
  readonly comparesNone?: boolean;
  /** The server answers ranges with wholes. */
  readonly ignoresRanges?: boolean;
  /** The server fails now and then. */
  readonly fails?: boolean;
  readonly options?: CachedStoreOptions;
}

const WAYS: readonly (readonly [string, Way])[] = [
  ["a good server", {}],
  ["a server that does not know If-Match", { comparesNone: true }],
  ["a server with weak tags", { weak: true }],
  ["a server without ranges", { ignoresRanges: true }],
  ["a server that fails, behind copies past their age", { fails: true, options: { staleIfError: 1000 } }],
  [
    "copies past their age, fetched anew behind them",
    { options: { staleWhileRevalidate: 20, staleIfError: 20 } },
  ],
  ["blocks", { options: { blockBytes: 16 } }],
];

/** A value that has its version in each byte, and a length by its version. */
function madeOf(version: number): Uint8Array {
  return new Uint8Array(60 + ((version * 7) % 50)).fill(version);
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise<void>((resolve) => setImmediate(resolve));
}

class ChangingSource {
  version = 1;
  isDown = false;
  readonly #way: Way;
  readonly #random: Random;

  constructor(way: Way, random: Random) {
    this.#way = way;
    this.#random = random;
  }

  async get(): Promise<Uint8Array> {
    return madeOf(this.version);
  }

  async read(key: string, { range, ifMatch, ifNoneMatch }: SourceRead = {}): Promise<SourceAnswer> {
    const { weak = false, comparesNone = weak, ignoresRanges = false } = this.#way;
    await turns(this.#random.below(4));
    if (this.isDown) throw new Error("down");
    const validator = weak ? `W/"${this.version}"` : `"${this.version}"`;
    const value = madeOf(this.version);
    if (!comparesNone && ifMatch !== undefined && ifMatch !== validator)
      throw new SourceChangedError("https://a.example", key, ifMatch, validator);
    const facts = { validator, size: value.byteLength };
    if (ifNoneMatch === validator) return { status: "unchanged", ...facts };
    await turns(this.#random.below(4));
    if (range === undefined) return { status: "value", value, ...facts };
    return {
      status: "value",
      value: sliceRange(value, range),
      ...facts,
      ...(ignoresRanges && { whole: value }),
    };
  }
}

/** Reads as an array does: the end once, which tells the version that everything else must be of. */
class ArrayOfOne {
  #read: CachedStore["getRange"];
  #version: number | undefined;
  readonly #store: CachedStore;

  constructor(store: CachedStore) {
    this.#store = store;
    this.#read = store.getRange.bind(store);
  }

  async read(at: number): Promise<void> {
    this.#version ??= (await this.#read(KEY, { suffixLength: 8 }))?.[0] as number;
    const bytes = await this.#read(KEY, { offset: 10 * at, length: 10 });
    expect(bytes, `of version ${this.#version}`).toEqual(new Uint8Array(10).fill(this.#version));
  }

  /** As it is opened again. */
  renew(): void {
    this.#read = this.#store.getRange.bind(this.#store);
    this.#version = undefined;
  }
}

it.each(WAYS)("reads of one version each while it is replaced, with %s", async (_, way) => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const random = seededRandom(seed);
    const source = new ChangingSource(way, random);
    const { store, clock } = cached(source, { maxAge: { data: 5 }, staleIfError: 0, ...way.options });
    const arrays = Array.from({ length: 4 }, () => new ArrayOfOne(store));
    const readSome = async (array: ArrayOfOne) => {
      for (let n = 0; n < 6; n++) {
        try {
          await array.read(random.below(5));
        } catch (error) {
          const isTold = isZarrCacheError(error, "SourceChangedError");
          if (!isTold && !(way.fails && (error as Error).message.includes("down")))
            throw new Error(`seed ${seed}`, { cause: error });
          if (isTold && random.below(2) === 0) array.renew();
        }
        await turns(1);
      }
    };
    for (let round = 0; round < 12; round++) {
      const reads = arrays.map(readSome);
      await turns(random.below(10));
      if (random.below(2) === 0) source.version++;
      source.isDown = way.fails === true && random.below(3) === 0;
      clock.advance(random.below(8));
      const dropped = random.below(6) === 0 ? store.invalidate(KEY) : undefined;
      await Promise.all([...reads, dropped]);
    }
    // At rest, who opens the array reads it.
    source.isDown = false;
    await store.idle();
    clock.advance(1001);
    const fresh = new ArrayOfOne(store);
    for (let at = 0; at < 5; at++) await fresh.read(at);
    const { reads, hits, misses, coalesced, stale, negativeHits, failures } = store.stats();
    expect(hits + misses + coalesced + stale + negativeHits + failures, `seed ${seed}`).toBe(reads);
    await store.close();
  }
});
