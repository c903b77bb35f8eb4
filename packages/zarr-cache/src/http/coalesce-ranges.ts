import { type ByteSize, parseBytes } from "../byte-size.ts";
import type { Timers } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import type { Key } from "../key.ts";
import { assertKnownOptions, assertMethods, assertSignal } from "../options.ts";
import { assertRange } from "../range.ts";
import { GATHERED, RangeGatherer } from "../store/range-gatherer.ts";
import { sourceRangeReader } from "../store/range-reader.ts";
import { asSource, type Source } from "../store/source.ts";
import type { SourceAnswer, SourceRead } from "../store/source-answer.ts";

/** Options of {@link coalesceRanges}. */
export interface CoalesceOptions {
  /** Most bytes between two ranges that are read along rather than asked around. Default `"32 KiB"`. */
  readonly gap?: ByteSize;
  /** Longest request that is made of several ranges. Default `"16 MiB"`. */
  readonly maxBytes?: ByteSize;
  /** How long a range waits for others. Default 0: until the event loop comes round. */
  readonly wait?: Duration;
  readonly timers?: Timers;
}

/**
 * The same source, which reads neighbouring ranges of a key with one request.
 *
 * A `CachedStore` does that by itself. This is for other bounds, or for a source that is read without a cache. Ranges
 * that are asked for at about the same time and of the same version go together. Each reader gets its own bytes, exactly,
 * and its own abort: one that leaves disturbs no other, and the request ends when the last has left. A failure of the
 * request is the failure of all its readers.
 */
export function coalesceRanges<S extends Source>(source: S, options: CoalesceOptions = {}): S {
  assertKnownOptions("coalesceRanges", options, ["gap", "maxBytes", "wait", "timers"]);
  const below = asSource(source);
  if (below.getRange === undefined && below.read === undefined) return source;
  const { timers = GATHERED.timers } = options;
  assertMethods("timers", timers, ["set", "clear"]);
  const gatherer = new RangeGatherer((key, read) => readBelow(below, key, read), {
    gap: parseBytes("gap", options.gap ?? GATHERED.gap),
    maxBytes: parseBytes("maxBytes", options.maxBytes ?? GATHERED.maxBytes),
    wait: parseDuration("wait", options.wait ?? GATHERED.wait),
    timers,
    passesLonger: false,
  });

  const readRange = async (key: Key, read: SourceRead = {}): Promise<SourceAnswer> => {
    if (read.range !== undefined) assertRange(read.range);
    assertSignal("signal", read.signal);
    return gatherer.read(key, read);
  };

  // Where no version is told, none is compared.
  const getRange = sourceRangeReader(below.identity ?? "the source", readRange);
  const reads = { getRange, ...(below.read !== undefined && { read: readRange }) };
  return new Proxy(source, {
    get(target, name) {
      if (Object.hasOwn(reads, name)) return reads[name as keyof typeof reads];
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** Reads below, whichever way the source has. */
async function readBelow(source: Source, key: Key, read: SourceRead): Promise<SourceAnswer> {
  if (source.read !== undefined) return source.read(key, read);
  const { range, signal } = read;
  const how = signal === undefined ? {} : { signal };
  const value = await (range === undefined ? source.get(key, how) : source.getRange?.(key, range, how));
  return value === undefined ? { status: "missing" } : { status: "value", value };
}
