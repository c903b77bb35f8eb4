/** Which positions of an axis, in which order: evenly spaced, or listed. */
export type Picks = EvenPicks | Int32Array;

/** `size` positions from `start`, each `step` further; the step is not zero. */
export interface EvenPicks {
  readonly start: number;
  readonly step: number;
  readonly size: number;
}

/** All positions of an axis of this size. */
export function allPicks(size: number): EvenPicks {
  return { start: 0, step: 1, size };
}

/** How many positions. */
export function picksSize(picks: Picks): number {
  return picks instanceof Int32Array ? picks.length : picks.size;
}

/** The position that is picked as number `at`. */
export function pickAt(picks: Picks, at: number): number {
  return picks instanceof Int32Array ? (picks[at] as number) : picks.start + at * picks.step;
}

/** Lists positions evenly where they are, so that what is uniform stays so. */
export function picksOf(positions: ArrayLike<number>): Picks {
  const size = positions.length;
  const start = size > 0 ? (positions[0] as number) : 0;
  const step = size > 1 ? (positions[1] as number) - start : 1;
  let even = step !== 0;
  for (let at = 2; even && at < size; at++) even = positions[at] === start + at * step;
  return even ? { start, step, size } : Int32Array.from(positions);
}

/** What is picked of what is picked. */
export function composePicks(outer: Picks, inner: Picks): Picks {
  if (!(outer instanceof Int32Array) && !(inner instanceof Int32Array))
    return { start: outer.start + inner.start * outer.step, step: outer.step * inner.step, size: inner.size };
  return Int32Array.from({ length: picksSize(inner) }, (_, at) => pickAt(outer, pickAt(inner, at)));
}
