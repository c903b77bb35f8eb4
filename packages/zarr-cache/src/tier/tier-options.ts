import { type ByteSize, parseBytes } from "../byte-size.ts";
import { systemTimers, type Timers } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { assertEither, assertFunction, assertKnownOptions, assertMethods } from "../options.ts";
import type { AdmissionTerms } from "./admission.ts";

/** Options of an `IndexedCacheStorage`. */
export interface IndexedCacheStorageOptions {
  /** Its name in statistics and events. Default: the opener's medium, such as `"memory"`. */
  readonly tier?: string;
  /** How long the tier may take to the first byte before the next one, or the source, is asked. Default `"500 ms"`. */
  readonly deadline?: Duration;
  /** How long a reader waits for another's fill before it fetches for itself, uncached. Default `"30s"`. */
  readonly lockTimeout?: Duration;
  /** Whether readers wait until what they read is kept. Default `"background"`. */
  readonly fills?: "background" | "await";
  /**
   * Bytes of fills that may be under way at once; what a reader brings over it is not kept. What is only prefetched takes
   * at most half of it, and waits for its turn. Default `"256 MiB"`.
   */
  readonly maxFillBytes?: ByteSize;
  /**
   * Whether data is kept when it is first read, or only when it is read again soon after, which spares a medium where
   * writing costs money or wears it out. Default `"first-request"`.
   */
  readonly admitOn?: "first-request" | "second-request";
  /** How long getting data again must take for it to be kept. Default 0. */
  readonly minCost?: Duration;
  /** Starts and stops timers. Default: those of the platform. */
  readonly timers?: Timers;
  /** Monotonic milliseconds, for latencies and the breaker. Default `performance.now`. */
  readonly monotonic?: () => number;
}

const NAMES = [
  "tier",
  "deadline",
  "lockTimeout",
  "fills",
  "maxFillBytes",
  "admitOn",
  "minCost",
  "timers",
  "monotonic",
] as const;

/** Options with every default filled in. */
export interface TierSettings extends AdmissionTerms {
  readonly tier: string;
  readonly deadline: number;
  readonly lockTimeout: number;
  readonly fills: "background" | "await";
  readonly maxFillBytes: number;
  readonly timers: Timers;
  readonly monotonic: () => number;
}

/** Checks the options and fills in the defaults. */
export function parseTierOptions(options: IndexedCacheStorageOptions, medium: string): TierSettings {
  assertKnownOptions("IndexedCacheStorage", options, NAMES);
  const { tier = medium, fills = "background", admitOn = "first-request", timers = systemTimers } = options;
  const { deadline = 500, lockTimeout = 30_000, maxFillBytes = "256 MiB" } = options;
  const { minCost = 0, monotonic = () => performance.now() } = options;
  if (typeof tier !== "string" || tier === "") throw new InvalidOptionError("tier", tier, "a name");
  assertEither("fills", fills, "background", "await");
  assertEither("admitOn", admitOn, "first-request", "second-request");
  assertMethods("timers", timers, ["set", "clear"]);
  assertFunction("monotonic", monotonic, "a function that returns milliseconds");
  return {
    tier,
    fills,
    admitOn,
    minCost: parseDuration("minCost", minCost),
    timers,
    deadline: parseDuration("deadline", deadline),
    lockTimeout: parseDuration("lockTimeout", lockTimeout),
    maxFillBytes: parseBytes("maxFillBytes", maxFillBytes),
    monotonic,
  };
}
