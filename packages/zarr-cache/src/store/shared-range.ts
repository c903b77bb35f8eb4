import type { MaybePromise } from "../maybe-promise.ts";
import { copyBytes, sliceRange } from "../range.ts";
import { waitOrLeave } from "../shared-wait.ts";
import { askAlone } from "./asking.ts";
import type { SourceAnswer } from "./source-answer.ts";

/** A range that somebody waits for. */
export interface WaitingRange {
  readonly range: { readonly offset: number; readonly length: number };
  readonly signal: AbortSignal | undefined;
  resolve(answer: SourceAnswer): void;
  reject(error: unknown): void;
}

/** Reads one range of the source. */
type ReadOne = (range: WaitingRange["range"], signal: AbortSignal) => Promise<SourceAnswer>;

/** One request for several readers: it ends when all have left, and each gets a copy of its own bytes. */
export class SharedRange {
  readonly #readers: readonly WaitingRange[];
  readonly #readOne: ReadOne;
  readonly #passesLonger: boolean;
  readonly #offset: number;
  readonly #length: number;
  /** Readers that have left. */
  #left = 0;

  /** `passesLonger`: an answer that is too long, or whole, goes to all as it is; else each asks for itself, or gets a copy. */
  constructor(readers: readonly WaitingRange[], readOne: ReadOne, passesLonger: boolean) {
    this.#readers = readers;
    this.#readOne = readOne;
    this.#passesLonger = passesLonger;
    this.#offset = Math.min(...readers.map(({ range }) => range.offset));
    this.#length = Math.max(...readers.map(({ range }) => range.offset + range.length)) - this.#offset;
  }

  /** Makes the request and hands out what comes. */
  send(): void {
    const abort = new AbortController();
    const answer = this.#readOne({ offset: this.#offset, length: this.#length }, abort.signal);
    const leave = (reason: unknown) => {
      if (++this.#left === this.#readers.length) abort.abort(reason);
    };
    for (const reader of this.#readers) {
      const share = answer.then((it) => this.#shareOf(it, reader));
      waitOrLeave(share, reader.signal, leave).then(reader.resolve, reader.reject);
    }
  }

  /** What a reader gets of the answer. */
  #shareOf(answer: SourceAnswer, { range, signal }: WaitingRange): MaybePromise<SourceAnswer> {
    if (answer.status !== "value") return answer;
    const passes = this.#passesLonger;
    // More than was asked for, and not called whole: the source is one that ignores ranges and does not say so.
    if (answer.value.byteLength > this.#length) {
      const isAlone = this.#readers.length - this.#left === 1;
      return passes || isAlone ? answer : askAlone((own) => this.#readOne(range, own), signal);
    }
    if (this.#readers.length === 1) return answer;
    const whole = passes ? answer.whole : answer.whole && copyBytes(answer.whole);
    return {
      ...answer,
      value: sliceRange(answer.value, { offset: range.offset - this.#offset, length: range.length }),
      ...(whole !== undefined && { whole }),
    };
  }
}
