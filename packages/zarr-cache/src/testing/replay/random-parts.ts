import type { Part } from "../../part.ts";
import type { Random } from "../random.ts";

const KEYS = ["/a", "/a/b", "/a/c", "/ab", "/b/a", "/zarr.json"];
const PATHS = ["/", "/a", "/a/", "/a/b", "/ab", "/b/", "/c"];
const STORES = ["s", "s", "t"];

/** A store id, one of two. */
export const randomStore = (random: Random): string => random.pick(STORES);

/** A key of a few, so that operations meet. */
export const randomKey = (random: Random): string => random.pick(KEYS);

/** A path, see `isUnder`. */
export const randomPath = (random: Random): string => random.pick(PATHS);

/** A whole or a range of one of few keys. */
export function randomPart(random: Random): Part {
  const part = { storeId: randomStore(random), key: randomKey(random) };
  const form = random.below(6);
  if (form === 0) return { ...part, range: { offset: 0, length: 8 } };
  if (form === 1) return { ...part, range: { suffixLength: 8 } };
  return part;
}
