import { copyBytes } from "../range.ts";
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
  readonly #readers: Set<WaitingRange>;
  readonly #offset: number;
  readonly #length: number;
  readonly #abort = new AbortController();
  readonly #leaves = new Map<WaitingRange, () => void>();
  readonly #passesLonger: boolean;
  readonly #isOne: boolean;

  /** `passesLonger`: an answer that is too long, or whole, goes to all as it is; else each asks for itself, or gets a copy. */
  constructor(readers: readonly WaitingRange[], passesLonger: boolean) {
    this.#readers = new Set(readers);
    this.#passesLonger = passesLonger;
    this.#isOne = readers.length === 1;
    this.#offset = Math.min(...readers.map(({ range }) => range.offset));
    this.#length = Math.max(...readers.map(({ range }) => range.offset + range.length)) - this.#offset;
  }

  /** Makes the request and hands out what comes. */
  send(readOne: ReadOne): void {
    for (const reader of this.#readers) {
      const { signal } = reader;
      if (signal === undefined) continue;
      const leave = () => this.#leave(reader, signal.reason);
      this.#leaves.set(reader, leave);
      signal.addEventListener("abort", leave, { once: true });
    }
    readOne({ offset: this.#offset, length: this.#length }, this.#abort.signal).then(
      (answer) => this.#handOut(answer, readOne),
      (error: unknown) => {
        for (const reader of this.#end()) reader.reject(error);
      },
    );
  }

  #handOut(answer: SourceAnswer, readOne: ReadOne): void {
    // More than was asked for, and not called whole: the source is one that ignores ranges and does not say so.
    if (answer.status === "value" && answer.value.byteLength > this.#length) {
      if (this.#readers.size === 1 || this.#passesLonger)
        for (const reader of this.#end()) reader.resolve(answer);
      else for (const reader of this.#readers) this.#sendAlone(reader, readOne);
      return;
    }
    for (const reader of this.#end()) reader.resolve(this.#shareOf(answer, reader));
  }

  /** A reader's own part of the answer. */
  #shareOf(answer: SourceAnswer, { range }: WaitingRange): SourceAnswer {
    if (answer.status !== "value") return answer;
    if (this.#isOne) return answer;
    const start = Math.min(range.offset - this.#offset, answer.value.byteLength);
    const end = Math.min(start + range.length, answer.value.byteLength);
    const whole = this.#passesLonger ? answer.whole : answer.whole && copyBytes(answer.whole);
    return {
      ...answer,
      value: copyBytes(answer.value, start, end),
      ...(whole !== undefined && { whole }),
    };
  }

  #sendAlone(reader: WaitingRange, readOne: ReadOne): void {
    readOne(reader.range, this.#abort.signal).then(
      (answer) => {
        if (this.#dismiss(reader)) reader.resolve(answer);
      },
      (error: unknown) => {
        if (this.#dismiss(reader)) reader.reject(error);
      },
    );
  }

  #leave(reader: WaitingRange, reason: unknown): void {
    if (!this.#dismiss(reader)) return;
    reader.reject(reason);
    if (this.#readers.size === 0) this.#abort.abort(reason);
  }

  /** Those who still wait; nobody does afterwards. */
  #end(): readonly WaitingRange[] {
    return [...this.#readers].filter((reader) => this.#dismiss(reader));
  }

  /** Takes a reader off the list; false when it has left before. */
  #dismiss(reader: WaitingRange): boolean {
    const leave = this.#leaves.get(reader);
    if (leave !== undefined) reader.signal?.removeEventListener("abort", leave);
    return this.#readers.delete(reader);
  }
}
