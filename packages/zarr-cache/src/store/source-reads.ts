import { InvalidValueError } from "../errors.ts";
import type { Key } from "../key.ts";
import type { Part } from "../part.ts";
import { copyBytes, type RangeQuery, rangeLength, sliceRange } from "../range.ts";
import { padsRanges, type Source } from "./source.ts";
import type { SourceAnswer, SourceFacts } from "./source-answer.ts";

/** What is asked of a source, beside a part. */
export interface Asking {
  readonly signal: AbortSignal;
  /** The validator of the copy at hand. */
  readonly ifNoneMatch?: string | undefined;
  /** The validator that the bytes must belong to. */
  readonly ifMatch?: string | undefined;
}

/** What the source answered; `exact` when it can be kept as the answer to what was asked. */
export type Answered =
  | {
      readonly state: "value";
      /** The bytes, which are ours; `undefined` when the key is missing. */
      readonly value: Uint8Array | undefined;
      readonly exact: boolean;
      readonly facts: SourceFacts;
    }
  /** The copy at hand holds still. */
  | { readonly state: "unchanged"; readonly facts: SourceFacts };

const NOTHING_TOLD: SourceFacts = {};

/** Calls of a source, each checked: bytes that are ours, no more and no fewer than asked for. */
export class SourceReads {
  readonly #source: Source;
  readonly #readWhole: (key: Key, signal: AbortSignal) => Promise<Uint8Array | undefined>;
  #ignoresRanges: boolean;

  /** `readWhole` reads a value that the source, or its server, does not give ranges of. */
  constructor(source: Source, readWhole: (key: Key, signal: AbortSignal) => Promise<Uint8Array | undefined>) {
    this.#source = source;
    this.#readWhole = readWhole;
    this.#ignoresRanges = source.getRange === undefined && source.read === undefined;
  }

  /** Whether ranges are to be cut from wholes: there is no `getRange`, or it was found to answer wholes. */
  get ignoresRanges(): boolean {
    return this.#ignoresRanges;
  }

  /** Whether a copy can be asked about by its validator. */
  get revalidates(): boolean {
    return this.#source.read !== undefined;
  }

  /** Asks for a part once. */
  async ask({ key: name, range }: Part, { signal, ifNoneMatch, ifMatch }: Asking): Promise<Answered> {
    const source = this.#source;
    const key = name as Key;
    if (source.read !== undefined && (range === undefined || !this.#ignoresRanges)) {
      const answer = await source.read(key, {
        ...(range && { range }),
        signal,
        ...(ifNoneMatch !== undefined && { ifNoneMatch }),
        ...(ifMatch !== undefined && { ifMatch }),
      });
      if (answer.status === "unchanged" && ifNoneMatch !== undefined)
        return { state: "unchanged", facts: answer };
      const told = toAnswered(key, range, answer);
      if (told !== "whole") return told;
      this.#ignoresRanges = true;
    }
    if (range === undefined) return found(own(key, await source.get(key, { signal })), true);
    if (!this.#ignoresRanges) {
      const asked = rangeLength(range);
      const value = own(key, await source.getRange?.(key, range, { signal }));
      if (value === undefined) return found(value, true);
      const padded = padsRanges(source) && (value.byteLength === 0 || value[value.byteLength - 1] === 0);
      // Fewer bytes are the end of the value or a broken transfer; without a size nobody can tell which.
      if (value.byteLength <= asked && !padded) return found(value, value.byteLength === asked);
      if (!padded) this.#ignoresRanges = true;
    }
    // The whole body came for a range, or one that may be filled up behind the end: only the whole value tells.
    const whole = await this.#readWhole(key, signal);
    return found(whole && sliceRange(whole, range), false);
  }
}

function found(value: Uint8Array | undefined, exact: boolean, facts: SourceFacts = NOTHING_TOLD): Answered {
  return { state: "value", value, exact, facts };
}

/** What a source's answer is to the cache; `"whole"` where its server ignores ranges, so that wholes are to be asked for. */
function toAnswered(key: Key, range: RangeQuery | undefined, answer: SourceAnswer): Answered | "whole" {
  const { status, size } = answer;
  if (status === "missing") return found(undefined, true, answer);
  const value = status === "value" ? answer.value : status;
  if (!(value instanceof Uint8Array)) throw new InvalidValueError(key, value, "The source's answer");
  if (range === undefined) return found(value, true, answer);
  const whole = status === "value" ? answer.whole : undefined;
  // A server may do ranges from an offset and no suffixes, for which the source has its own way.
  if ("offset" in range && whole !== undefined && whole.byteLength > range.length) return "whole";
  return found(value, size !== undefined || value.byteLength === rangeLength(range), answer);
}

/** Copies a source's answer: a source may hand out a view, or go on writing to what it has handed out. */
function own(key: string, value: unknown): Uint8Array | undefined {
  if (value === undefined) return undefined;
  if (!(value instanceof Uint8Array)) throw new InvalidValueError(key, value, "The source's answer");
  return copyBytes(value);
}
