import { InvalidOptionError, InvalidValueError } from "../errors.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { copyBytes } from "../range.ts";
import { type MemoOptions, parseMemoOptions } from "./memo-options.ts";
import {
  assertHashing,
  assertResultName,
  type ResultName,
  resultName,
  withoutTrailingUndefined,
} from "./result-key.ts";
import { type Computed, type ResultCache, ResultStore } from "./result-store.ts";

/** A function whose results are kept in a cache. */
export interface Memo<Args extends readonly unknown[], Result> {
  /** The result that is kept, or a new one. What is given is the caller's own. */
  (...args: Args): Promise<Result>;
  /** Whether a result for these arguments is kept and has not expired. */
  has(...args: Args): Promise<boolean>;
  /** Computes anew and replaces what is kept. */
  refresh(...args: Args): Promise<Result>;
  /** Drops the result for these arguments; without any, those for all. What is being computed will not be kept. */
  invalidate(...args: Args | []): Promise<void>;
}

/**
 * Keeps the results of a function in a cache, beside chunks and under the same budget.
 *
 * A result is found by the name and the SHA-256 of the arguments in canonical JSON (see `canonicalJson`). It is computed
 * once for all who ask at the same time, in this process and in all that share the storage, and its cost in the eviction
 * policy is the time that it took. A function that fails rejects all who wait, and nothing is kept. When the cache does
 * not work, the function does.
 *
 * ```ts
 * const slope = memo(cache, "slope", async (tile: string) => computeSlope(tile), { expires: "1d" });
 * const result = await slope("N47E008");
 * ```
 *
 * Throws `InvalidOptionError` for options that are unknown or impossible, and rejects with it for arguments or results
 * that cannot be written down.
 */
export function memo<Args extends readonly unknown[], Result>(
  cache: ResultCache,
  name: string,
  fn: (...args: Args) => MaybePromise<Result>,
  options: MemoOptions<Args, Result> = {},
): Memo<Args, Result> {
  assertResultName(name);
  assertHashing();
  if (typeof fn !== "function") throw new InvalidOptionError("fn", fn, "a function");
  const settings = parseMemoOptions("memo", options);
  const { codec, version, monotonic } = settings;
  const store = ResultStore.of(cache, settings.storeId);

  const nameOf = (args: Args): ResultName =>
    resultName(name, version, settings.key ? [settings.key(...args)] : withoutTrailingUndefined(args));

  const compute = async (args: Args): Promise<Computed> => {
    const asked = store.storage.now();
    const started = monotonic();
    const result = await fn(...args);
    const cost = settings.costOf(result, monotonic() - started);
    const bytes = codec.encode(result);
    if (!(bytes instanceof Uint8Array)) throw new InvalidValueError(name, bytes, "What the codec made");
    return { bytes: copyBytes(bytes), cost, expiresAt: settings.expiresAt(result, asked) };
  };

  const resultFor = async (args: Args): Promise<Result> => {
    const named = nameOf(args);
    const bytes = await store.resolve(named, () => compute(args));
    try {
      return codec.decode(copyBytes(bytes));
    } catch {
      // Kept by a codec that was another; its own bytes it must be able to read.
      return codec.decode(copyBytes(await store.renew(named, () => compute(args))));
    }
  };

  return Object.assign((...args: Args) => resultFor(args), {
    has: async (...args: Args) => store.has(await nameOf(args).key()),
    refresh: async (...args: Args) =>
      codec.decode(copyBytes(await store.renew(nameOf(args), () => compute(args)))),
    invalidate: async (...args: Args | []) => {
      const path = args.length === 0 ? `/${name}/` : await nameOf(args as Args).key();
      await store.storage.invalidate(store.storeId, path);
    },
  });
}

/**
 * Computes a result from parameters, or takes the one that is kept: {@link memo} for a single call.
 *
 * ```ts
 * const mean = await computeResult(cache, "mean", { array: "t2m", year: 2020 }, ({ year }) => meanOf(year));
 * ```
 */
export function computeResult<Params, Result>(
  cache: ResultCache,
  name: string,
  params: Params,
  fn: (params: Params) => MaybePromise<Result>,
  options: MemoOptions<[Params], Result> = {},
): Promise<Result> {
  return memo(cache, name, fn, options)(params);
}
