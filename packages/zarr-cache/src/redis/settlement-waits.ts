import type { Timers } from "../clock.ts";
import { connected, type RedisConnection } from "./connection.ts";
import { TOKEN_BYTES } from "./shard-token.ts";

/**
 * Those in this process who wait for claims. A message on the channel of a shard begins with the token of a claim that
 * ended, or is a star when any may have; it ends the wait early. Without it the wait ends by its time.
 */
export class SettlementWaits {
  readonly #connect: () => Promise<RedisConnection>;
  readonly #timers: Timers;
  readonly #patience: number;
  /** By channel, then by token in hexadecimal. */
  readonly #waiting = new Map<string, Map<string, Set<() => void>>>();
  readonly #subscribed = new Map<string, Promise<void>>();
  #connection: Promise<RedisConnection> | undefined;

  constructor(connect: () => Promise<RedisConnection>, timers: Timers, patience: number) {
    this.#connect = connect;
    this.#timers = timers;
    this.#patience = patience;
  }

  /** Listens to a channel from now on; a failure only makes waits longer. */
  async listen(channel: string): Promise<void> {
    let subscribed = this.#subscribed.get(channel);
    if (subscribed === undefined) {
      subscribed = this.#subscribe(channel).catch(() => {
        this.#subscribed.delete(channel);
      });
      this.#subscribed.set(channel, subscribed);
    }
    await subscribed;
  }

  /** Waits for a message about a token, at most so long. Rejects when aborted. */
  wait(channel: string, token: string, milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const tokens = this.#waiting.get(channel) ?? new Map<string, Set<() => void>>();
      this.#waiting.set(channel, tokens);
      const waiters = tokens.get(token) ?? new Set();
      tokens.set(token, waiters);
      const leave = () => {
        this.#timers.clear(timer);
        signal.removeEventListener("abort", abort);
        waiters.delete(done);
        if (waiters.size === 0 && tokens.get(token) === waiters) tokens.delete(token);
      };
      const done = () => {
        leave();
        resolve();
      };
      const abort = () => {
        leave();
        reject(signal.reason);
      };
      const timer = this.#timers.set(done, milliseconds);
      waiters.add(done);
      signal.addEventListener("abort", abort);
    });
  }

  /** Ends all waits. */
  wakeAll(): void {
    for (const channel of this.#waiting.keys()) this.#wake(channel, undefined);
  }

  async close(): Promise<void> {
    this.wakeAll();
    const connection = await this.#connection?.catch(() => undefined);
    connection?.disconnect();
  }

  async #subscribe(channel: string): Promise<void> {
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    const connection = await this.#connection;
    await connected(connection, this.#patience);
    await connection.subscribe(channel);
  }

  async #open(): Promise<RedisConnection> {
    const connection = await this.#connect();
    const heard = (channel: Buffer, message: Buffer) => {
      const token = message.length < TOKEN_BYTES ? undefined : message.toString("hex", 0, TOKEN_BYTES);
      this.#wake(channel.toString("latin1"), token);
    };
    connection.on("messageBuffer", heard as (...args: never[]) => void);
    return connection;
  }

  #wake(channel: string, token: string | undefined): void {
    const tokens = this.#waiting.get(channel);
    if (tokens === undefined) return;
    const woken = token === undefined ? [...tokens.values()] : [tokens.get(token) ?? new Set<() => void>()];
    for (const waiters of woken) for (const done of [...waiters]) done();
  }
}
