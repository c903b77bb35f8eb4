import type { Part } from "../part.ts";
import { rangeIdOf } from "../part.ts";
import { BoundedMap } from "./bounded-map.ts";

/** The version that the ranges of a key must be of. */
interface Bound {
  readonly validator: string;
  /** The range that was read first, or the end of the value: in a shard, the index. */
  readonly by: string;
  readonly isEnd: boolean;
}

const MOST = 16_384;

/**
 * Remembers which version of a key its readers have ranges of, the latest so many keys: the index of a shard tells where
 * its chunks are, so they must be of the same version, wherever either comes from.
 *
 * A key is bound by the first range that is handed out, and bound anew when that range is, or the end of the value.
 * Wholes bind nothing, and what has no validator neither; an end without one lets the key go. Whoever has another version
 * of the end than was handed out last would read by an old index; that there may be such readers is told.
 */
export class ServedVersions {
  readonly #bound = new BoundedMap<string, Bound>(MOST);
  readonly #onReplaced: (key: string) => void;

  constructor(onReplaced: (key: string) => void) {
    this.#onReplaced = onReplaced;
  }

  /** The validator that a part must have; `undefined` where any will do. */
  expected(part: Part): string | undefined {
    if (part.range === undefined || this.#bound.size === 0) return undefined;
    const bound = this.#bound.get(part.key);
    if (bound === undefined || "suffixLength" in part.range || bound.by === rangeIdOf(part)) return undefined;
    return bound.validator;
  }

  /** The version of the end of a value that was handed out last, if it was. */
  endOf(key: string): string | undefined {
    const bound = this.#bound.get(key);
    return bound?.isEnd ? bound.validator : undefined;
  }

  /** Whether a part with this validator goes with what was handed out before. */
  fits(part: Part, validator: string | undefined): boolean {
    return isOfVersion(this.expected(part), validator);
  }

  /** Notes that a part is handed out. */
  handedOut(part: Part, validator: string | undefined): void {
    if (part.range === undefined) return;
    const isEnd = "suffixLength" in part.range;
    if (validator === undefined) {
      // Nobody can tell what goes with an end of no version.
      if (isEnd) this.#bound.delete(part.key);
      return;
    }
    const bound = this.#bound.get(part.key);
    if (bound !== undefined && bound.validator === validator && (bound.isEnd || !isEnd)) return;
    const by = rangeIdOf(part);
    if (bound !== undefined && !isEnd && bound.by !== by) return;
    this.#bound.set(part.key, { validator, by, isEnd });
    if (bound?.isEnd && isEnd) this.#onReplaced(part.key);
  }

  /**
   * The source has another version, and the reader was told. Where its end was read, its ranges go on being refused
   * until the end is read anew.
   */
  changed(key: string): void {
    if (this.#bound.get(key)?.isEnd === false) this.#bound.delete(key);
  }
}

/** Whether something is of the version that is asked for, if one is. */
export function isOfVersion(expected: string | undefined, validator: string | undefined): boolean {
  return expected === undefined || (validator !== undefined && opaque(expected) === opaque(validator));
}

/** Weak comparison, RFC 9110 §8.8.3.2. */
export function opaque(validator: string): string {
  return validator.startsWith("W/") ? validator.slice(2) : validator;
}
