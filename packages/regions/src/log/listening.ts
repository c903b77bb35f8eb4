import type { LogName } from "../names.ts";
import type { Heard, LogSet } from "./log-set.ts";
import type { Operation } from "./operation.ts";

/** What {@link Listening} hears, and of which logs. */
export interface ListeningOptions<T extends Operation> {
  /** Called for each operation in the order of its log, one at a time of each log. */
  readonly hear: (heard: Heard<T>) => unknown;
  /** Which logs are heard. Default all. */
  readonly wanted?: (log: LogName) => boolean;
  /** Called for a log that cannot be followed. */
  readonly failed?: (stream: string) => void;
}

/** Hears every operation from now on, in all logs of a kind that are there or are found later. */
export class Listening<T extends Operation> {
  readonly #following: Promise<{ stop(): Promise<void> }>[] = [];
  readonly #stop: () => void;

  constructor(logs: LogSet<T>, { hear, wanted = () => true, failed = () => {} }: ListeningOptions<T>) {
    const begun = new Set(logs.streams.keys());
    this.#stop = logs.onStream((stream, log) => {
      if (!wanted(log)) return;
      // A log that is found later is new in all that it says.
      const behind = begun.has(stream) ? logs.end(stream) : Promise.resolve(0);
      const following = behind.then((sequence) => logs.follow(stream, sequence, hear));
      following.catch(() => failed(stream));
      this.#following.push(following);
    });
  }

  /** Resolves when everything from now on will be heard; rejects where a log cannot be followed. */
  async begun(): Promise<void> {
    await Promise.all(this.#following);
  }

  /** Hears no more; resolves when what was being heard is done. */
  async end(): Promise<void> {
    this.#stop();
    for (const one of await Promise.allSettled(this.#following))
      if (one.status === "fulfilled") await one.value.stop();
  }
}
