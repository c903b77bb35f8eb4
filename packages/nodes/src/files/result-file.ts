/** Results in files of their own, in the form in which caches keep them. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { decodeResult, encodeResult, type Keepable, type Kept } from "../cache/result-codec.ts";
import { CacheError } from "../errors.ts";
import type { Node } from "../node/node.ts";

/** Writes the output of the last evaluation of a node to a file, or another result. */
export async function save(node: Node, path: string, result?: Keepable): Promise<void> {
  const value = result ?? (await node.last?.output);
  if (value === undefined)
    throw new CacheError(`${node.type} was not evaluated yet: there is no output to save`);
  const beside = `${path}.${process.pid}.part`;
  await writeFile(
    beside,
    encodeResult(value, node.last ? { coordinates: node.last.requested.definition } : {}),
  );
  await rename(beside, path);
}

/** Reads a result that {@link save} wrote; a file that holds none is a `CacheError`. */
export async function getCachedObject(path: string): Promise<Kept["value"]> {
  const bytes = await readFile(path);
  try {
    return decodeResult(bytes).value;
  } catch (error) {
    throw new CacheError(`${path} holds no result of a node`, { cause: error });
  }
}
