import { Listening } from "../log/listening.ts";
import type { Heard, LogSet } from "../log/log-set.ts";
import type { DocumentOperation } from "./document.ts";

/** Hears every operation from now on, in all logs that are there or are found later, and hands them out one by one. */
export class Watching {
  readonly #queue: Heard<DocumentOperation>[] = [];
  readonly #listening: Listening<DocumentOperation>;
  #wake: () => void = () => {};
  #isOver = false;

  constructor(logs: LogSet<DocumentOperation>, wanted: (operation: DocumentOperation) => boolean) {
    const hear = (heard: Heard<DocumentOperation>) => {
      if (!wanted(heard.operation)) return;
      this.#queue.push(heard);
      this.#wake();
    };
    this.#listening = new Listening(logs, { hear });
  }

  /** Resolves when everything from now on will be heard. */
  begun(): Promise<void> {
    return this.#listening.begun();
  }

  /** The next operation; `undefined` once it was ended. */
  async next(): Promise<Heard<DocumentOperation> | undefined> {
    while (!this.#isOver) {
      const heard = this.#queue.shift();
      if (heard !== undefined) return heard;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return undefined;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#wake();
    await this.#listening.end();
  }
}
