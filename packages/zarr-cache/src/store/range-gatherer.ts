import { systemTimers, type Timers } from "../clock.ts";
import type { Key } from "../key.ts";
import type { RangeQuery } from "../range.ts";
import { SharedRange, type WaitingRange } from "./shared-range.ts";
import type { SourceAnswer, SourceRead } from "./source-answer.ts";

/** Reads one thing of a source. */
export type ReadSource = (key: Key, read: SourceRead) => Promise<SourceAnswer>;

/** Which ranges go together. */
export interface GatherSettings {
  /** Most bytes between two ranges that are read along rather than asked around. */
  readonly gap: number;
  /** Longest request that is made of several ranges. */
  readonly maxBytes: number;
  /** Milliseconds that a range waits for others; 0: until the event loop comes round. */
  readonly wait: number;
  readonly timers: Timers;
  /** Whether an answer that is too long goes to its readers as it is; else each of them asks for itself. */
  readonly passesLonger: boolean;
}

/** 32 KiB cost less than a round trip almost anywhere. */
export const GATHERED: GatherSettings = {
  gap: 32 * 1024,
  maxBytes: 16 * 1024 * 1024,
  wait: 0,
  timers: systemTimers,
  passesLonger: true,
};

/** Milliseconds without a range that comes, or turns out to be cached, after which no more are waited for. */
const PATIENCE = 20;

/**
 * Reads neighbouring ranges of a key with one request.
 *
 * Ranges that are asked for in one turn of the event loop, and of the same version, go together. Each reader gets its
 * own bytes, exactly, and its own abort: one that leaves disturbs no other, and the request ends when the last has left.
 * A failure of the request is the failure of all its readers.
 */
export class RangeGatherer {
  readonly #read: ReadSource;
  readonly #settings: GatherSettings;
  /** By what has to be the same for ranges to go together. */
  readonly #waiting = new Map<string, WaitingRange[]>();
  /** How many ranges of a key may be asked for yet. */
  readonly #expected = new Map<Key, number>();

  constructor(read: ReadSource, settings: GatherSettings = GATHERED) {
    this.#read = read;
    this.#settings = settings;
  }

  /**
   * Announces that a range of a key may be asked for soon, once the cache has said that it is not there: others wait for
   * it, as long as one after the other comes. Call what is returned when it was asked for, or will not be; once or more.
   */
  expect(key: Key): () => void {
    this.#expected.set(key, (this.#expected.get(key) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (this.#expected.get(key) ?? 1) - 1;
      if (left === 0) this.#expected.delete(key);
      else this.#expected.set(key, left);
    };
  }

  /** Reads a range, with others where there are; anything else goes by itself. */
  async read(key: Key, read: SourceRead): Promise<SourceAnswer> {
    const { range, ifMatch, ifNoneMatch, signal } = read;
    // A condition on a copy is the reader's own, and where an end lies only the source knows.
    if (range === undefined || "suffixLength" in range || ifNoneMatch !== undefined || range.length === 0)
      return this.#read(key, read);
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const id = `${key}\n${ifMatch ?? ""}`;
      const together = this.#waiting.get(id) ?? [];
      this.#waiting.set(id, together);
      if (together.length === 0) this.#flushSoon(id, key, ifMatch);
      together.push({ range, signal, resolve, reject });
    });
  }

  #flushSoon(id: string, key: Key, ifMatch: string | undefined): void {
    const { timers, wait } = this.#settings;
    let expected = Number.POSITIVE_INFINITY;
    let since = 0;
    const look = () => {
      const left = this.#expected.get(key) ?? 0;
      const now = performance.now();
      if (left < expected) [expected, since] = [left, now];
      if (left === 0 || now - since >= PATIENCE) this.#flush(id, key, ifMatch);
      else timers.set(look, wait);
    };
    timers.set(look, wait);
  }

  #flush(id: string, key: Key, ifMatch: string | undefined): void {
    const ranges = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    const how = ifMatch === undefined ? {} : { ifMatch };
    const read = (range: RangeQuery, signal: AbortSignal) => this.#read(key, { ...how, range, signal });
    for (const group of groupRanges(ranges, this.#settings))
      new SharedRange(group, read, this.#settings.passesLonger).send();
  }
}

/** Sorts ranges into groups that go with one request: in order, no gap too wide, and no request too long. */
function groupRanges(
  ranges: readonly WaitingRange[],
  { gap, maxBytes }: Pick<GatherSettings, "gap" | "maxBytes">,
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
