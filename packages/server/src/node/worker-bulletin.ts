import type { Bulletin } from "../operations/bulletin.ts";
import type { FromWorker, Heard, Posted, ToWorker } from "./worker-messages.ts";

/** How a worker and the first process speak with each other; `process` of Node is one. */
export interface WorkerChannel {
  readonly connected: boolean;
  send?(message: FromWorker, sent: () => void): unknown;
  on(event: "message", listener: (message: ToWorker) => void): unknown;
}

/** How long others are waited for who do not say that they have heard a post, in milliseconds. */
const PATIENCE = 1000;

type Listener = (data: unknown, from: number) => void;

/** What the workers of a server tell each other, through the first process. */
export class WorkerBulletin implements Bulletin {
  readonly self: number;
  readonly #channel: WorkerChannel;
  readonly #patience: number;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #onEnded = new Set<(process: number) => void>();
  /** Who waits until a post was heard, by its number. */
  readonly #waiting = new Map<number, () => void>();
  #posts = 0;

  constructor(self: number, channel: WorkerChannel, patience: number = PATIENCE) {
    this.self = self;
    this.#channel = channel;
    this.#patience = patience;
    channel.on("message", (message) => {
      if (message.type === "posted") this.#hear(message);
      else if (message.type === "heard") this.#waiting.get(message.number)?.();
      else if (message.type === "ended") for (const listener of this.#onEnded) listener(message.process);
    });
  }

  post(topic: string, data: unknown): void {
    this.#send({ type: "posted", topic, data, from: this.self });
  }

  announce(topic: string, data: unknown): Promise<void> {
    if (!this.#channel.connected) return Promise.resolve();
    const number = ++this.#posts;
    return new Promise((resolve) => {
      const heard = () => {
        clearTimeout(timer);
        this.#waiting.delete(number);
        resolve();
      };
      const timer = setTimeout(heard, this.#patience);
      this.#waiting.set(number, heard);
      this.#send({ type: "posted", topic, data, from: this.self, number });
    });
  }

  on(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  onEnded(listener: (process: number) => void): () => void {
    this.#onEnded.add(listener);
    return () => void this.#onEnded.delete(listener);
  }

  #hear({ topic, data, from, number }: Posted): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(data, from);
    if (number === undefined) return;
    const heard: Heard = { type: "heard", from, number };
    this.#send(heard);
  }

  /** What the first process does not take any more, since it has ended, nobody needs to hear. */
  #send(message: FromWorker): void {
    if (this.#channel.connected) this.#channel.send?.(message, () => {});
  }
}
