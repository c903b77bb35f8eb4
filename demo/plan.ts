import type { Subarray } from "./explore.ts";
import type { Reading } from "./reading.ts";

/** So much of a stranger's server is asked for at most: a demonstration, not a download. */
const MAX_CHUNKS = 36;
const MAX_DECODED_BYTES = 256e6;
const MAX_CHUNKS_ALONG_A_MAP = 4;

/**
 * Chooses what to read of an array: maps (the last two dimensions) at the first places of the leading dimensions, and
 * series through these maps; together a few dozen chunks from the array's middle.
 */
export function planReadings({ path, shape, chunks, valueBytes }: Subarray): Reading[] {
  const chunkBytes = chunks.reduce((product, size) => product * size, valueBytes);
  let budget = Math.max(1, Math.min(MAX_CHUNKS, Math.floor(MAX_DECODED_BYTES / chunkBytes)));
  const box: [start: number, stop: number][] = shape.map((size) => [0, size]);
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    const size = shape[dimension] ?? 0;
    const chunk = chunks[dimension] ?? 1;
    const inMap = dimension >= shape.length - 2 && shape.length > 1;
    const wanted = Math.min(budget, inMap ? MAX_CHUNKS_ALONG_A_MAP : budget, Math.ceil(size / chunk));
    const first = Math.floor((Math.ceil(size / chunk) - wanted) / 2);
    box[dimension] = [first * chunk, Math.min(size, (first + wanted) * chunk)];
    budget = Math.max(1, Math.floor(budget / Math.max(1, wanted)));
  }

  const reading = (name: string, selection: Reading["selection"]): Reading => ({
    name,
    store: "",
    array: path,
    selection,
  });
  if (shape.length < 3) return [reading("all of it", box)];
  const leading = box.slice(0, -2);
  const maps = placesIn(leading, chunks).map((place) =>
    reading(`map at ${place.join(", ")}`, [...place, ...box.slice(-2)]),
  );
  const series = box.slice(-2).map(([start, stop]) => Math.floor((start + stop) / 2));
  return [...maps, reading(`series at ${series.join(", ")}`, [...leading, ...series])];
}

/** The first index of each chunk, in C order. */
function placesIn(box: readonly (readonly [number, number])[], chunks: readonly number[]): number[][] {
  return box.reduce<number[][]>(
    (places, [start, stop], dimension) => {
      const chunk = chunks[dimension] ?? 1;
      const steps = Array.from(
        { length: Math.ceil((stop - start) / chunk) },
        (_, index) => start + index * chunk,
      );
      return places.flatMap((place) => steps.map((index) => [...place, index]));
    },
    [[]],
  );
}
