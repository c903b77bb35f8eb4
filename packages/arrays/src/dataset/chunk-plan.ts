import { type Picks, picksOf } from "../coordinates/picks.ts";

/** What is needed of the chunks with one number along one dimension: where in the chunk, and where it goes. */
export interface Segment {
  readonly chunk: number;
  readonly source: Picks;
  readonly target: Picks;
}

/** One chunk, with what is needed of it along each dimension. */
export interface ChunkTask {
  readonly chunk: readonly number[];
  readonly segments: readonly Segment[];
}

/** Divides the positions picked along one dimension by chunk. Each chunk comes once. */
export function segmentsOf(picks: Picks, chunkSize: number): Segment[] {
  if (!(picks instanceof Int32Array) && picks.step > 0)
    return evenSegments(picks.start, picks.step, picks.size, chunkSize);
  const byChunk = new Map<number, { source: number[]; target: number[] }>();
  const count = picks instanceof Int32Array ? picks.length : picks.size;
  for (let at = 0; at < count; at++) {
    const position = picks instanceof Int32Array ? (picks[at] as number) : picks.start + at * picks.step;
    const chunk = Math.floor(position / chunkSize);
    const lists = byChunk.get(chunk) ?? { source: [], target: [] };
    lists.source.push(position - chunk * chunkSize);
    lists.target.push(at);
    byChunk.set(chunk, lists);
  }
  return [...byChunk].map(([chunk, { source, target }]) => ({
    chunk,
    source: picksOf(source),
    target: picksOf(target),
  }));
}

function evenSegments(start: number, step: number, size: number, chunkSize: number): Segment[] {
  const segments: Segment[] = [];
  for (let at = 0; at < size; ) {
    const position = start + at * step;
    const chunk = Math.floor(position / chunkSize);
    const count = Math.min(size - at, Math.ceil(((chunk + 1) * chunkSize - position) / step));
    segments.push({
      chunk,
      source: { start: position - chunk * chunkSize, step, size: count },
      target: { start: at, step: 1, size: count },
    });
    at += count;
  }
  return segments;
}

/** How many chunks the segments of all dimensions make. */
export function countChunks(segments: readonly (readonly Segment[])[]): number {
  return segments.reduce((product, each) => product * each.length, 1);
}

/**
 * The chunks one after another, so that a plan of millions needs no memory. In C order, unless `order` lists the
 * dimensions otherwise, from the slowest to the fastest.
 */
export function* chunkTasks(
  segments: readonly (readonly Segment[])[],
  order: readonly number[] = segments.map((_each, dim) => dim),
): Generator<ChunkTask> {
  const total = countChunks(segments);
  const fastestFirst = order.toReversed();
  for (let index = 0; index < total; index++) {
    let rest = index;
    const chosen = new Array<Segment>(segments.length);
    for (const dim of fastestFirst) {
      const each = segments[dim] as readonly Segment[];
      chosen[dim] = each[rest % each.length] as Segment;
      rest = Math.floor(rest / each.length);
    }
    yield { chunk: chosen.map(({ chunk }) => chunk), segments: chosen };
  }
}
