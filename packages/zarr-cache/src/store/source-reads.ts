import type { Key } from "../key.ts";
import type { Part } from "../part.ts";
import { placeRange, type RangeQuery, rangeLength, sliceRange } from "../range.ts";
import type { Landed } from "./flight.ts";
import { RangeGatherer } from "./range-gatherer.ts";
import { padsRanges, type Source } from "./source.ts";
import type { SourceAnswer, SourceFacts } from "./source-answer.ts";
import { callSource, type SourceCallsContext, type TimedAnswer } from "./source-calls.ts";

/** What is asked of a source, beside a part. */
export interface Asking {
  readonly signal: AbortSignal;
  /** Of a read that nobody waits for yet: fires when somebody does. */
  readonly demanded?: AbortSignal | undefined;
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
      /** Milliseconds that the source took, where it was asked for this alone or with neighbours. */
      readonly took?: number | undefined;
    }
  /** The copy at hand holds still. */
  | { readonly state: "unchanged"; readonly facts: SourceFacts; readonly took?: number | undefined };

const NOTHING_TOLD: SourceFacts = {};

/** Reads a value whole, as others may be doing already. */
type ReadWhole = (key: Key, signal: AbortSignal) => Promise<Pick<Landed, "value" | "facts">>;

/** Reads parts from a source: neighbouring ranges with one request, and wholes where it has no ranges. */
export class SourceReads {
  readonly #source: Source;
  readonly #readWhole: ReadWhole;
  readonly #gatherer: RangeGatherer;
  #ignoresRanges: boolean;

  /** `readWhole` reads a value that the source, or its server, does not give ranges of. */
  constructor(context: SourceCallsContext, readWhole: ReadWhole) {
    const { source } = context;
    this.#source = source;
    this.#readWhole = readWhole;
    this.#gatherer = new RangeGatherer((key, read) => callSource(context, key, read));
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

  /** Announces that a part may be asked for; see {@link RangeGatherer.expect}. */
  expect({ key, range }: Part): () => void {
    return range === undefined || "suffixLength" in range || this.#ignoresRanges
      ? () => {}
      : this.#gatherer.expect(key as Key);
  }

  /** Asks for a part once. */
  async ask(part: Part, { signal, demanded, ifNoneMatch, ifMatch }: Asking): Promise<Answered> {
    const { range } = part;
    const key = part.key as Key;
    if (range === undefined || !this.#ignoresRanges) {
      const { took, ...answer }: TimedAnswer = await this.#gatherer.read(key, {
        ...(range && { range }),
        signal,
        ...(demanded && { demanded }),
        ...(ifNoneMatch !== undefined && { ifNoneMatch }),
        ...(ifMatch !== undefined && { ifMatch }),
      });
      if (answer.status === "unchanged") return { state: "unchanged", facts: answer, took };
      const told =
        answer.status === "missing" ? found(undefined, true, answer) : this.#exactly(range, answer);
      if (told !== undefined) return { ...told, took };
    }
    // The whole body came for a range, or one that may be filled up behind the end: only the whole value tells. A read of
    // it would wait for the claim, and the answer, of who asks about a copy, so that this one asks by itself.
    const whole =
      ifNoneMatch === undefined
        ? ofWhole(await this.#readWhole(key, signal))
        : await this.ask({ storeId: part.storeId, key }, { signal, demanded, ifMatch });
    if (whole.state === "unchanged") return whole;
    const { value } = whole;
    return { ...whole, value: value && range ? sliceRange(value, range) : value, exact: false };
  }

  /** What a value is as the answer to a range; `undefined` where only the whole value can tell. */
  #exactly(
    range: RangeQuery | undefined,
    answer: Extract<SourceAnswer, { status: "value" }>,
  ): Answered | undefined {
    const { value, size, whole } = answer;
    if (range === undefined) return found(value, size === undefined || size === value.byteLength, answer);
    const asked = rangeLength(range);
    const isExact = value.byteLength === (size === undefined ? asked : lengthWithin(range, size));
    if (this.revalidates) {
      // A server may do ranges from an offset and no suffixes, for which the source has its own way.
      const isIgnored = "offset" in range && whole !== undefined && whole.byteLength > asked;
      if (!isIgnored && value.byteLength <= asked) return found(value, isExact, answer);
      this.#ignoresRanges = true;
      return undefined;
    }
    const padded = padsRanges(this.#source) && (value.byteLength === 0 || value[value.byteLength - 1] === 0);
    // Fewer bytes are the end of the value or a broken transfer; without a size nobody can tell which.
    if (value.byteLength <= asked && !padded) return found(value, isExact, answer);
    if (!padded) this.#ignoresRanges = true;
    return undefined;
  }
}

/** Bytes of a range in a value of this size. */
function lengthWithin(range: RangeQuery, size: number): number {
  const { start, end } = placeRange(range, size);
  return end - start;
}

function ofWhole({ value, facts: { validator } }: Pick<Landed, "value" | "facts">): Answered {
  return found(value, false, validator === undefined ? NOTHING_TOLD : { validator });
}

function found(value: Uint8Array | undefined, exact: boolean, facts: SourceFacts = NOTHING_TOLD): Answered {
  return { state: "value", value, exact, facts };
}
