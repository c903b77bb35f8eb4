import type { TinypoolChannel } from "tinypool";
import type { ItemDesk } from "./item-desk.ts";
import type { Said, Told } from "./messages.ts";

/** One call, from the side of the server: listens to its process, answers its questions, and ends it in time. */
export class CallCourse {
  readonly channel: TinypoolChannel;
  readonly #ending = new AbortController();
  readonly #desk: ItemDesk;
  readonly #timeout: number;
  #timer: NodeJS.Timeout | undefined;
  #tell: (told: Told) => void = () => {};
  /** How it ended, as its process told. */
  outcome: Exclude<Said, { said: "started" | "asks" }> | undefined;
  /** The process, once it has begun. */
  pid: number | undefined;
  isTimedOut = false;

  /** `timeout`: milliseconds, from when a process has begun. */
  constructor(desk: ItemDesk, timeout: number) {
    this.#desk = desk;
    this.#timeout = timeout;
    this.channel = {
      onMessage: (tell: (told: Told) => void) => {
        this.#tell = tell;
      },
      postMessage: (said: Said) => this.#hear(said),
    };
  }

  /** Aborted when its process is to be ended. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  end(): void {
    this.#ending.abort();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#tell = () => {};
  }

  #hear(said: Said): void {
    if (said.said === "started") {
      this.pid = said.pid;
      this.#timer ??= setTimeout(() => {
        this.isTimedOut = true;
        this.end();
      }, this.#timeout);
    } else if (said.said === "asks") void this.#answer(said);
    else this.outcome = said;
  }

  async #answer({ number, question }: Extract<Said, { said: "asks" }>): Promise<void> {
    try {
      const answer = await this.#desk.answer(question);
      this.#tell({ told: "answer", number, answer });
    } catch (error) {
      this.#tell({ told: "answer", number, refusal: error instanceof Error ? error.message : String(error) });
    }
  }
}
