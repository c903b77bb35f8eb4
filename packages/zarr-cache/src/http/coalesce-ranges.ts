import { type ByteSize, parseBytes } from "../byte-size.ts";
import { systemTimers, type Timers } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import type { Key } from "../key.ts";
import { assertKnownOptions, assertMethods, assertSignal } from "../options.ts";
import { assertRange, type RangeQuery } from "../range.ts";
import { asSource, type Source } from "../store/source.ts";
import type { SourceAnswer, SourceRead } from "../store/source-answer.ts";
import { SharedRange, type WaitingRange } from "./shared-range.ts";

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
 * Ranges that are asked for at about the same time and of the same version go together. Each reader gets its own bytes,
 * exactly, and its own abort: one that leaves disturbs no other, and the request ends when the last has left. Give it to
 * a `CachedStore`, which then still keeps the ranges apart. A failure of the request is the failure of all its readers.
 */
export function coalesceRanges<S extends Source>(source: S, options: CoalesceOptions = {}): S {
  assertKnownOptions("coalesceRanges", options, ["gap", "maxBytes", "wait", "timers"]);
  const below = asSource(source);
  if (below.getRange === undefined && below.read === undefined) return source;
  const bounds = {
    gap: parseBytes("gap", options.gap ?? "32 KiB"),
    maxBytes: parseBytes("maxBytes", options.maxBytes ?? "16 MiB"),
  };
  const wait = parseDuration("wait", options.wait ?? 0);
  const { timers = systemTimers } = options;
  assertMethods("timers", timers, ["set", "clear"]);
  /** By what has to be the same for ranges to go together. */
  const waiting = new Map<string, WaitingRange[]>();

  const flush = (id: string, key: Key, how: Pick<SourceRead, "ifMatch">) => {
    const ranges = waiting.get(id) ?? [];
    waiting.delete(id);
    for (const group of groupRanges(ranges, bounds))
      new SharedRange(group).send((range, signal) => readBelow(below, key, { ...how, range, signal }));
  };

  const readRange = async (key: Key, read: SourceRead = {}): Promise<SourceAnswer> => {
    const { range, ifMatch, ifNoneMatch, signal } = read;
    if (range !== undefined) assertRange(range);
    assertSignal("signal", signal);
    // A condition on a copy is the reader's own, and where an end lies only the source knows.
    if (range === undefined || "suffixLength" in range || ifNoneMatch !== undefined || range.length === 0)
      return readBelow(below, key, read);
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const id = `${key}\n${ifMatch ?? ""}`;
      const together = waiting.get(id) ?? [];
      waiting.set(id, together);
      if (together.length === 0)
        timers.set(() => flush(id, key, ifMatch === undefined ? {} : { ifMatch }), wait);
      together.push({ range, signal, resolve, reject });
    });
  };

  const reads = {
    async getRange(key: Key, range: RangeQuery, how: Pick<SourceRead, "signal"> = {}) {
      const answer = await readRange(key, { ...how, range });
      return answer.status === "value" ? answer.value : undefined;
    },
    ...(below.read !== undefined && { read: readRange }),
  };
  return new Proxy(source, {
    get(target, name) {
      if (Object.hasOwn(reads, name)) return reads[name as keyof typeof reads];
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** Sorts ranges into groups that go with one request: in order, no gap too wide, and no request too long. */
function groupRanges(
  ranges: readonly WaitingRange[],
  { gap, maxBytes }: { readonly gap: number; readonly maxBytes: number },
): readonly WaitingRange[][] {
  const groups: WaitingRange[][] = [];
  let start = 0;
  let end = 0;
  for (const waiting of [...ranges].sort((a, b) => a.range.offset - b.range.offset)) {
    if (waiting.signal?.aborted) {
      waiting.reject(waiting.signal.reason as Error);
      continue;
    }
    const { offset, length } = waiting.range;
    const group = groups.at(-1);
    const furthest = Math.max(end, offset + length);
    if (group !== undefined && offset - end <= gap && furthest - start <= maxBytes) {
      group.push(waiting);
      end = furthest;
    } else {
      groups.push([waiting]);
      start = offset;
      end = offset + length;
    }
  }
  return groups;
}

/** Reads below, whichever way the source has. */
async function readBelow(source: Source, key: Key, read: SourceRead): Promise<SourceAnswer> {
  if (source.read !== undefined) return source.read(key, read);
  const { range, signal } = read;
  const how = signal === undefined ? {} : { signal };
  const value = await (range === undefined ? source.get(key, how) : source.getRange?.(key, range, how));
  return value === undefined ? { status: "missing" } : { status: "value", value };
}
