import type { Key } from "../key.ts";
import type { RangeQuery } from "../range.ts";
import { isOfVersion } from "./served-versions.ts";
import type { SourceAnswer, SourceRead, SourceReadOptions } from "./source-answer.ts";
import { SourceChangedError } from "./source-errors.ts";

/**
 * Reads bytes of a value of a store: from an offset, or the last ones, both counted in bytes; `undefined` when the value is
 * missing. Rejects with `InvalidRangeError` for a range that is none, and with what its store rejects with.
 */
export interface RangeReader<O> {
  (key: Key, range: RangeQuery, options?: O): Promise<Uint8Array | undefined>;
  /**
   * Makes a reader that remembers of which version the ends of values were that it has read, as long as it lives. Other
   * ranges of such a value reject with `SourceChangedError` once they are of another version, until it has read the end
   * anew.
   */
  bind(self?: unknown): RangeReader<O>;
}

/** Reads a range, of this version where one is given. Tells the version of the answer before it resolves. */
type ReadVersion<O> = (
  key: Key,
  range: RangeQuery,
  options: O | undefined,
  version?: string,
  tell?: (version: string | undefined) => void,
) => Promise<Uint8Array | undefined>;

/**
 * The reader of all who bind none of their own.
 *
 * An array of zarrita binds the reader of its store, also through a proxy round that, and finds the chunks of a shard by the
 * index that it has read with it, once. So each array has a memory of its own, and none is given bytes that lie where an
 * older index says.
 */
export function rangeReader<O>(read: ReadVersion<O>): RangeReader<O> {
  const reader = (key: Key, range: RangeQuery, options?: O) => read(key, range, options);
  return Object.assign(reader, { bind: () => remembering(read) });
}

function remembering<O>(read: ReadVersion<O>): RangeReader<O> {
  const ends = new Map<Key, string>();
  const note = (key: Key) => (version: string | undefined) => {
    if (version === undefined) ends.delete(key);
    else ends.set(key, version);
  };
  const reader = (key: Key, range: RangeQuery, options?: O) => {
    // Whoever reads looks at what was given.
    const { suffixLength, length } = (range ?? {}) as { suffixLength?: unknown; length?: unknown };
    // No bytes are of every version.
    if (suffixLength === 0 || length === 0) return read(key, range, options);
    return suffixLength === undefined
      ? read(key, range, options, ends.get(key))
      : read(key, range, options, undefined, note(key));
  };
  return Object.assign(reader, { bind: () => remembering(read) });
}

/**
 * Such a reader of a source that tells the version of what it answers, but may not have compared it; `name` is for
 * errors.
 */
export function sourceRangeReader(
  name: string,
  read: (key: Key, options: SourceRead) => Promise<SourceAnswer>,
): RangeReader<SourceReadOptions> {
  return rangeReader(async (key, range, options, version, tell) => {
    const answer = await read(key, { ...(version !== undefined && { ifMatch: version }), ...options, range });
    const [value, validator] = answer.status === "value" ? [answer.value, answer.validator] : [];
    if (version !== undefined && value !== undefined && !isOfVersion(version, validator))
      throw new SourceChangedError(name, key, version, validator);
    tell?.(validator);
    return value;
  });
}
