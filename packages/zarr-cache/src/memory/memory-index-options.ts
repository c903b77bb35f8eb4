import type { BudgetLedger } from "../budget/budget-ledger.ts";
import { type ByteSize, parseBytes } from "../byte-size.ts";
import { type Clock, systemTimers, type Timers } from "../clock.ts";
import { assertFunction, assertKnownOptions, assertMethods, parseCount } from "../options.ts";
import { type Policy, type PolicyOption, parsePolicy } from "../policy.ts";

/** Options of a `MemoryStoreIndex`. */
export interface MemoryStoreIndexOptions {
  /** Budget in bytes for values and their overhead. Default `"256 MB"`. */
  readonly maxBytes?: ByteSize;
  /** Most entries, missing keys included. Default: as many as fit. */
  readonly maxEntries?: number;
  /** Largest value that is kept. Default: an eighth of `maxBytes`. */
  readonly maxEntryBytes?: ByteSize;
  /** Most bytes of values that are pinned, their overhead included. Default: half of `maxBytes`. */
  readonly maxPinnedBytes?: ByteSize;
  /** What goes first when the budget is full. Default `"gdsf"`. */
  readonly policy?: PolicyOption;
  /**
   * Divides one budget among the memory of several processes: those of a machine (`LmdbBudgetLedger`) or of a cluster
   * (`RedisBudgetLedger`). `maxBytes` is then the most that this one takes of it.
   */
  readonly budget?: BudgetLedger;
  /** Tells the time in milliseconds; ages are counted on it. Default `Date.now`. */
  readonly clock?: Clock;
  /** Starts and stops timers, for what is drawn from `budget`. Default: those of the platform. */
  readonly timers?: Timers;
}

const NAMES = [
  "maxBytes",
  "maxEntries",
  "maxEntryBytes",
  "maxPinnedBytes",
  "policy",
  "budget",
  "clock",
  "timers",
] as const satisfies (keyof MemoryStoreIndexOptions)[];

/** The bounds of a memory index. */
export interface MemoryBounds {
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly maxEntryBytes: number;
  readonly maxPinnedBytes: number;
}

/** The options, with every default filled in. */
export interface MemoryIndexSettings {
  readonly bounds: MemoryBounds;
  readonly policy: Policy;
  readonly budget: BudgetLedger | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Checks the options and fills in the defaults; throws `InvalidOptionError` for unknown or impossible ones. */
export function parseMemoryIndexOptions(options: MemoryStoreIndexOptions): MemoryIndexSettings {
  assertKnownOptions("MemoryStoreIndex", options, NAMES);
  const { maxBytes: most = "256 MB", maxEntries = Number.POSITIVE_INFINITY, budget } = options;
  const { clock = Date.now, timers = systemTimers } = options;
  const maxBytes = parseBytes("maxBytes", most);
  const { maxEntryBytes = maxBytes / 8, maxPinnedBytes = maxBytes / 2 } = options;
  assertFunction("clock", clock, "a function that returns milliseconds");
  assertMethods("timers", timers, ["set", "clear"]);
  if (budget !== undefined) assertMethods("budget", budget, ["open", "settle", "leave", "close"]);
  const bounds = {
    maxBytes,
    maxEntries: parseCount("maxEntries", maxEntries),
    maxEntryBytes: parseBytes("maxEntryBytes", maxEntryBytes),
    maxPinnedBytes: parseBytes("maxPinnedBytes", maxPinnedBytes),
  };
  return { bounds, policy: parsePolicy("policy", options.policy), budget, clock, timers };
}
