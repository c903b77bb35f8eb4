import { type ByteSize, parseBytes } from "../byte-size.ts";
import { type Clock, systemTimers, type Timers } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import { assertFunction, assertKnownOptions, assertMethods, parseCount } from "../options.ts";
import { type Policy, type PolicyOption, parsePolicy } from "../policy.ts";
import { type FileSystemFacts, machineFileSystems } from "./network-file-system.ts";

/** Options of an `LmdbStoreIndex`. The four bounds are kept in the index: the last to give one sets it for all. */
export interface LmdbStoreIndexOptions {
  /** Bytes on disk, the index included. Default 10 GB. */
  readonly maxBytes?: ByteSize;
  /** Default `Infinity`. */
  readonly maxEntries?: number;
  /** Bytes of the largest value that is kept. Default: an eighth of `maxBytes`. */
  readonly maxEntryBytes?: ByteSize;
  /** Most bytes of values that are pinned, their overhead included. Default: half of `maxBytes`. */
  readonly maxPinnedBytes?: ByteSize;
  /** What goes first. Default `"gdsf"`. Processes that share an index give the same. */
  readonly policy?: PolicyOption;
  /** After how long a claim that is not renewed goes to somebody else. Default 5 s. */
  readonly lockAge?: Duration;
  /** Longest wait for a transaction. Default 250 ms. */
  readonly deadline?: Duration;
  /** Default `Date.now`; processes that share an index share it too. */
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** Told once when the index had to begin anew. Default: nobody is told. */
  readonly onWarning?: (message: string) => void;
  /** Bytes of address space at first. Default 64 GiB, and no memory. */
  readonly mapBytes?: ByteSize;
  /** Tells network file systems from local ones; a test gives its own. */
  readonly fileSystems?: FileSystemFacts;
}

/** The options with their defaults; bounds that were not given are `undefined`. */
export interface LmdbIndexSettings {
  readonly maxBytes: number | undefined;
  readonly maxEntries: number | undefined;
  readonly maxEntryBytes: number | undefined;
  readonly maxPinnedBytes: number | undefined;
  readonly policy: Policy;
  readonly lockAge: number;
  readonly deadline: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly mapBytes: number | undefined;
  readonly fileSystems: FileSystemFacts;
  warn(message: string): void;
}

/** Budget of an index that nobody gave one. */
export const DEFAULT_MAX_BYTES = 10e9;

const KNOWN = [
  "maxBytes",
  "maxEntries",
  "maxEntryBytes",
  "maxPinnedBytes",
  "policy",
  "lockAge",
  "deadline",
  "clock",
  "timers",
  "onWarning",
  "mapBytes",
  "fileSystems",
];

/** Checks options and fills in defaults; throws `InvalidOptionError` naming the option. */
export function parseLmdbIndexOptions(options: LmdbStoreIndexOptions): LmdbIndexSettings {
  assertKnownOptions("LmdbStoreIndex", options, KNOWN);
  const { maxBytes, maxEntries, maxEntryBytes, policy, lockAge = 5000, deadline = 250, mapBytes } = options;
  const { maxPinnedBytes } = options;
  const { clock = Date.now, timers = systemTimers, onWarning, fileSystems = machineFileSystems } = options;
  if (onWarning !== undefined) assertFunction("onWarning", onWarning, "a function (message) => void");
  assertFunction("clock", clock, "a function that returns milliseconds");
  assertMethods("timers", timers, ["set", "clear"]);
  assertMethods("fileSystems", fileSystems, ["type", "mounts"]);
  return {
    maxBytes: maxBytes === undefined ? undefined : parseBytes("maxBytes", maxBytes),
    maxEntries: maxEntries === undefined ? undefined : parseCount("maxEntries", maxEntries),
    maxEntryBytes: maxEntryBytes === undefined ? undefined : parseBytes("maxEntryBytes", maxEntryBytes),
    maxPinnedBytes: maxPinnedBytes === undefined ? undefined : parseBytes("maxPinnedBytes", maxPinnedBytes),
    policy: parsePolicy("policy", policy),
    lockAge: parseDuration("lockAge", lockAge),
    deadline: parseDuration("deadline", deadline),
    mapBytes: mapBytes === undefined ? undefined : parseBytes("mapBytes", mapBytes),
    clock,
    timers,
    fileSystems,
    warn: (message) => onWarning?.(message),
  };
}
