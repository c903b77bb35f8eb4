import type { ByteSize } from "../byte-size.ts";
import type { Clock } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import type { MemoryStoreIndexOptions } from "../memory/memory-index-options.ts";
import { assertEither, assertKnownOptions } from "../options.ts";
import type { PolicyOption } from "../policy.ts";

/** Options of `cacheDecodedChunks`. */
export interface DecodedChunkOptions {
  /** Budget in bytes for decoded chunks and their overhead. Default `"256 MB"`. */
  readonly maxBytes?: ByteSize;
  /** Largest chunk that is kept. Default: an eighth of `maxBytes`. */
  readonly maxEntryBytes?: ByteSize;
  /** What goes first when the budget is full; the cost of a chunk is the time that decoding it takes. Default `"gdsf"`. */
  readonly policy?: PolicyOption;
  /**
   * How long after its decoding a chunk may be answered. The age that the store below allows its bytes comes on top.
   * Default `Infinity`: until it is invalidated or evicted.
   */
  readonly maxAge?: Duration;
  /**
   * `"copy"` (default): every caller of `getChunk` gets a chunk of its own; only `zarr.get` is given the one that is
   * kept, since it copies out of it. (An array extension that writes into chunks belongs below this one, not around it.)
   * `"shared"`: all get the very chunk that is kept, and must not write to it, but for who asks by coordinates alone, as
   * `zarr.set` does, which writes to what it is given.
   */
  readonly isolation?: "copy" | "shared";
  /** Tells the time in milliseconds; ages are counted on it. Default `Date.now`. */
  readonly clock?: Clock;
  /** Monotonic milliseconds, for the time that decoding takes. Default `performance.now`. */
  readonly monotonic?: () => number;
}

const OPTIONS = [
  "maxBytes",
  "maxEntryBytes",
  "policy",
  "maxAge",
  "isolation",
  "clock",
  "monotonic",
] as const satisfies (keyof DecodedChunkOptions)[];

/** Options with every default filled in. */
export interface DecodedChunkSettings {
  readonly index: MemoryStoreIndexOptions;
  readonly maxAge: number;
  readonly isShared: boolean;
  readonly monotonic: () => number;
}

/** Checks the options and fills in the defaults. */
export function parseDecodedChunkOptions(options: DecodedChunkOptions): DecodedChunkSettings {
  assertKnownOptions("cacheDecodedChunks", options, OPTIONS);
  const { maxBytes, maxEntryBytes, policy, clock, maxAge = Number.POSITIVE_INFINITY } = options;
  const { isolation = "copy", monotonic = () => performance.now() } = options;
  assertEither("isolation", isolation, "copy", "shared");
  if (typeof monotonic !== "function")
    throw new InvalidOptionError("monotonic", monotonic, "a function that returns milliseconds");
  return {
    index: {
      ...(maxBytes !== undefined && { maxBytes }),
      ...(maxEntryBytes !== undefined && { maxEntryBytes }),
      ...(policy !== undefined && { policy }),
      ...(clock !== undefined && { clock }),
    },
    maxAge: parseDuration("maxAge", maxAge),
    isShared: isolation === "shared",
    monotonic,
  };
}
