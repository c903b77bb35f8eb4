import { CoordinateError } from "../errors.ts";
import type { EvenPicks } from "./picks.ts";

/** Cuts a shape into blocks of at most `block`, in C order, each as its positions by dimension. */
export function* blocksOf(
  dims: readonly string[],
  shape: readonly number[],
  block: readonly number[],
): Generator<{ readonly picks: Readonly<Record<string, EvenPicks>>; readonly start: readonly number[] }> {
  if (block.length !== shape.length || !block.every((size) => Number.isSafeInteger(size) && size > 0))
    throw new CoordinateError(
      `Chunk shape [${block.join(", ")}] needs one size ≥ 1 for each of ${dims.join(", ")}`,
    );
  const counts = shape.map((size, at) => Math.ceil(size / (block[at] as number)));
  const total = counts.reduce((product, count) => product * count, 1);
  for (let index = 0; index < total; index++) {
    let rest = index;
    const start = new Array<number>(counts.length).fill(0);
    for (let at = counts.length - 1; at >= 0; at--) {
      start[at] = (rest % (counts[at] as number)) * (block[at] as number);
      rest = Math.floor(rest / (counts[at] as number));
    }
    const picks = dims.map((dim, at) => {
      const from = start[at] as number;
      const size = Math.min(block[at] as number, (shape[at] as number) - from);
      return [dim, { start: from, step: 1, size }] as const;
    });
    yield { picks: Object.fromEntries(picks), start };
  }
}
