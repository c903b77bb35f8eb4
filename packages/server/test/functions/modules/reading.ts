import { readFile } from "node:fs/promises";
import type { CacheFunction } from "../../../src/functions/cached-items.ts";

/** Tries everything that the mapping of cached items can do. */
const read: CacheFunction = async (cache, { path }) => {
  const name = String(path);
  const bytes = await cache.get(name);
  const file = await cache.file(name);
  const keys: string[] = [];
  for await (const key of cache.keys()) keys.push(key);
  return {
    length: bytes?.byteLength,
    first: bytes?.[0],
    ownsBuffer: bytes !== undefined && bytes.buffer.byteLength === bytes.byteLength,
    head: text(await cache.getRange(name, { offset: 0, length: 3 })),
    tail: text(await cache.getRange(name, { suffixLength: 2 })),
    behind: text(await cache.getRange(name, { offset: 1_000_000, length: 3 })),
    file: file && (await readFile(file)).byteLength,
    info: await cache.info(name),
    has: await cache.has(name),
    keys,
  };
};

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}
export default read;
