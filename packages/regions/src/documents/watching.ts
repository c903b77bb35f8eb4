import type { Following, Heard, LogSet } from "../log/log-set.ts";
import type { DocumentOperation } from "./document.ts";

/** Hears every operation from now on, in all logs that are there or are found later, and hands them out one by one. */
export class Watching {
  readonly #queue: Heard<DocumentOperation>[] = [];
  readonly #following: Promise<Following>[] = [];
  readonly #stopListening: () => void;
  #wake: () => void = () => {};
  #isOver = false;

  constructor(logs: LogSet<DocumentOperation>, wanted: (operation: DocumentOperation) => boolean) {
    const begun = new Set(logs.streams.keys());
    this.#stopListening = logs.onStream((stream) => {
      // A log that is found later is new in all that it says.
      const behind = begun.has(stream) ? logs.end(stream) : Promise.resolve(0);
      const hear = (heard: Heard<DocumentOperation>) => {
        if (!wanted(heard.operation)) return;
        this.#queue.push(heard);
        this.#wake();
      };
      const following = behind.then((sequence) => logs.follow(stream, sequence, hear));
      following.catch(() => {});
      this.#following.push(following);
    });
  }

  /** Resolves when everything from now on will be heard. */
  async begun(): Promise<void> {
    await Promise.all(this.#following);
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
    this.#stopListening();
    this.#wake();
    for (const one of await Promise.allSettled(this.#following))
      if (one.status === "fulfilled") await one.value.stop();
  }
}
