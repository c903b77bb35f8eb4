import { expect } from "vitest";

/** Bytes of a key. */
export interface KeyRange {
  readonly key: string;
  readonly offset: number;
  readonly length: number;
}

/**
 * Expects each request to begin and end with bytes that were needed, and no gap in it to be wider than `gap`. Answers how
 * many of the needed ranges the requests hold, one that two requests hold counting twice.
 */
export function expectNoMoreThanNeeded(
  requests: readonly KeyRange[],
  needed: readonly KeyRange[],
  gap: number,
): number {
  let held = 0;
  for (const request of requests) {
    const stop = request.offset + request.length;
    const within = needed
      .filter(
        ({ key, offset, length }) =>
          key === request.key && offset >= request.offset && offset + length <= stop,
      )
      .sort((a, b) => a.offset - b.offset);
    held += within.length;
    let end = request.offset;
    for (const { offset, length } of within) {
      expect(offset - end).toBeLessThanOrEqual(end === request.offset ? 0 : gap);
      end = offset + length;
    }
    expect(end).toBe(stop);
  }
  return held;
}

/** Expects each request to reach no further than a block beyond the range that was needed. */
export function expectWithinBlocks(
  requests: readonly KeyRange[],
  { offset, length }: KeyRange,
  blockBytes: number,
): void {
  for (const request of requests) {
    expect(request.offset).toBeGreaterThan(offset - blockBytes);
    expect(request.offset + request.length).toBeLessThan(offset + length + blockBytes);
  }
}
