import { sizeOf } from "../array/strided.ts";
import type { StoredArray, ZarrFormat } from "./array-document.ts";

/** The place of every chunk of an array, in C order. */
export function* chunkGrid({ shape, chunks }: Pick<StoredArray, "shape" | "chunks">): Generator<number[]> {
  const counts = shape.map((size, at) => Math.ceil(size / (chunks[at] as number)));
  for (let index = 0; index < sizeOf(counts); index++) {
    let rest = index;
    const chunk = new Array<number>(counts.length).fill(0);
    for (let at = counts.length - 1; at >= 0; at--) {
      chunk[at] = rest % (counts[at] as number);
      rest = Math.floor(rest / (counts[at] as number));
    }
    yield chunk;
  }
}

/** The key of a chunk below its array. */
export function chunkKey(chunk: readonly number[], format: ZarrFormat): string {
  if (format === 3) return ["c", ...chunk].join("/");
  return chunk.length === 0 ? "0" : chunk.join(".");
}
