import type { ChunkReadOptions } from "./zarr-array.ts";

/** What `getChunk` was called with. */
export type ChunkCall = [coords: number[], options?: ChunkReadOptions, buffers?: object];

/**
 * Whether `zarr.get` asks for a chunk. It gives both kinds of options, each with the one property that it knows of
 * (zarrita 0.7, `indexing/get.ts`), reads from the chunk while it assembles a selection, and never hands it on.
 * `zarr.set` gives neither. Whoever asks in another way is taken for somebody who may keep the chunk and write to it.
 */
export function isCallOfGet([, options, buffers]: ChunkCall): boolean {
  return hasOnly(options, "signal") && hasOnly(buffers, "useSharedArrayBuffer");
}

function hasOnly(value: object | undefined, name: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  const names = Object.keys(value);
  return names.length === 1 && names[0] === name;
}
