import { InvalidOptionError } from "../errors.ts";
import { assertStoreId } from "../key.ts";
import { assertKnownOptions } from "../options.ts";
import { type Expires, parseExpires } from "./expiry.ts";
import { defaultCodec, type ResultCodec } from "./result-codec.ts";

/** Options of `memo`. */
export interface MemoOptions<Args extends readonly unknown[], Result> {
  /** What a result follows from, where that is not simply the arguments: part of them, or the identity of an object. */
  readonly key?: (...args: Args) => unknown;
  /** When a result ends: a duration, or a function of the result that answers a duration or a `Date`. Default: never. */
  readonly expires?: Expires<Result>;
  /** Milliseconds that computing a result again would take. Default: what it took, measured. */
  readonly cost?: number | ((result: Result, milliseconds: number) => number);
  /** Turns results into bytes and back. Default: bytes as they are, the rest as JSON that keeps dates, bigints and bytes. */
  readonly codec?: ResultCodec<Result>;
  /** Names the way in which results are computed: those of another version are not used. Default `""`. */
  readonly version?: string | number;
  /** Store id that results are kept under. Default `"results"`. */
  readonly storeId?: string;
  /** Monotonic milliseconds, for what a computation takes. Default `performance.now`. */
  readonly monotonic?: () => number;
}

const OPTIONS = [
  "key",
  "expires",
  "cost",
  "codec",
  "version",
  "storeId",
  "monotonic",
] as const satisfies (keyof MemoOptions<[], unknown>)[];

/** Options with every default filled in. */
export interface MemoSettings<Args extends readonly unknown[], Result> {
  readonly key: ((...args: Args) => unknown) | undefined;
  readonly expiresAt: (result: Result, now: number) => number;
  readonly costOf: (result: Result, milliseconds: number) => number;
  readonly codec: ResultCodec<Result>;
  readonly version: string;
  readonly storeId: string;
  readonly monotonic: () => number;
}

/** Checks the options and fills in the defaults. */
export function parseMemoOptions<Args extends readonly unknown[], Result>(
  owner: string,
  options: MemoOptions<Args, Result>,
  more: readonly string[] = [],
): MemoSettings<Args, Result> {
  assertKnownOptions(owner, options, [...OPTIONS, ...more]);
  const {
    key,
    cost,
    codec = defaultCodec as ResultCodec<Result>,
    version = "",
    storeId = "results",
  } = options;
  const { monotonic = () => performance.now() } = options;
  if (key !== undefined && typeof key !== "function")
    throw new InvalidOptionError("key", key, "a function (...args) => what the result follows from");
  if (cost !== undefined && typeof cost !== "function" && !isCost(cost))
    throw new InvalidOptionError("cost", cost, "milliseconds ≥ 0, or a function (result, milliseconds)");
  if (typeof codec?.encode !== "function" || typeof codec.decode !== "function")
    throw new InvalidOptionError("codec", codec, "{ encode(result), decode(bytes) }");
  if (typeof version !== "string" && typeof version !== "number")
    throw new InvalidOptionError("version", version, "a text or a number");
  if (typeof monotonic !== "function")
    throw new InvalidOptionError("monotonic", monotonic, "a function that returns milliseconds");
  assertStoreId(storeId);
  const costOf = (result: Result, milliseconds: number): number => {
    const given = typeof cost === "function" ? cost(result, milliseconds) : (cost ?? milliseconds);
    if (!isCost(given)) throw new InvalidOptionError("cost", given, "milliseconds ≥ 0");
    return given;
  };
  const expiresAt = parseExpires(options.expires);
  return { key, expiresAt, costOf, codec, version: String(version), storeId, monotonic };
}

function isCost(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}
