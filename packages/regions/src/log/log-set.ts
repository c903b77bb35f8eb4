import { DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import type { RegionLink } from "../link.ts";
import type { LogKind, LogName, Names } from "../names.ts";
import { compareVersions } from "../version.ts";
import { fromHeaders, type Logged, type Operation } from "./operation.ts";

/** An operation and the stream that it came from. */
export interface Heard<T extends Operation> extends Logged<T> {
  readonly log: LogName;
}

/** Follows a log from somewhere on; `stop` ends it. */
export interface Following {
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * All logs of one kind that the region's server holds: its own, and mirrors of those of other regions, former lives
 * included. What holds of a key is the latest of their last operations on it; it takes no engine but the mirrors.
 */
export class LogSet<T extends Operation> {
  readonly #link: RegionLink;
  readonly #names: Names;
  readonly #kind: LogKind;
  readonly #logs = new Map<string, LogName>();
  readonly #added = new Set<(stream: string, log: LogName) => void>();

  constructor(link: RegionLink, names: Names, kind: LogKind) {
    this.#link = link;
    this.#names = names;
    this.#kind = kind;
  }

  /** The streams, by name. */
  get streams(): ReadonlyMap<string, LogName> {
    return this.#logs;
  }

  /** Takes a stream in that the server holds; not those of other kinds. */
  add(stream: string): void {
    const log = this.#names.logOf(stream);
    if (log === undefined || log.kind !== this.#kind || this.#logs.has(stream)) return;
    this.#logs.set(stream, log);
    for (const listener of this.#added) listener(stream, log);
  }

  /** Calls back for every stream that is there or is added; returns the way to stop it. */
  onStream(listener: (stream: string, log: LogName) => void): () => void {
    for (const [stream, log] of this.#logs) listener(stream, log);
    this.#added.add(listener);
    return () => void this.#added.delete(listener);
  }

  /** The last operation on a key in each log, the latest first. */
  async lookUp(token: string): Promise<Heard<T>[]> {
    const asked = [...this.#logs].map(async ([stream, log]): Promise<Heard<T> | undefined> => {
      const subject = this.#names.subject(this.#kind, log.region, token);
      const message = await this.#link.manager.streams.getMessage(stream, { last_by_subj: subject });
      const operation = fromHeaders<T>(message?.header);
      if (message === null || operation === undefined) return undefined;
      return { operation, body: message.data, sequence: message.seq, log };
    });
    const found = (await Promise.all(asked)).filter((it) => it !== undefined);
    return found.sort((a, b) => compareVersions(b.operation, a.operation));
  }

  /**
   * Reads the last operation on every key of one log, as it is now, without the bodies. Ends when all were read.
   */
  async *last(stream: string): AsyncGenerator<T> {
    for await (const { headers } of this.#read(stream, DeliverPolicy.LastPerSubject)) {
      const operation = fromHeaders<T>(headers);
      if (operation !== undefined) yield operation;
    }
  }

  /** Reads a log in order, from its beginning to its end as it is now, without the bodies. */
  async *all(stream: string): AsyncGenerator<Pick<Logged<T>, "operation" | "sequence">> {
    for await (const { headers, seq } of this.#read(stream, DeliverPolicy.All)) {
      const operation = fromHeaders<T>(headers);
      if (operation !== undefined) yield { operation, sequence: seq };
    }
  }

  /** Calls back for each message of a log behind a sequence, in order, one at a time, for as long as it is not stopped. */
  async follow(stream: string, behind: number, hear: (heard: Heard<T>) => unknown): Promise<Following> {
    const log = this.#logs.get(stream) as LogName;
    const consumer = await this.#link.publisher.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: behind + 1,
    });
    const messages = await consumer.consume({ max_messages: 500 });
    const run = async () => {
      for await (const message of messages) {
        const operation = fromHeaders<T>(message.headers);
        if (operation !== undefined)
          await hear({ operation, body: message.data, sequence: message.seq, log });
      }
    };
    const ended = run().catch(() => {});
    return {
      ended,
      stop: async () => {
        await messages.close();
        await ended;
      },
    };
  }

  async *#read(stream: string, policy: DeliverPolicy): AsyncGenerator<JsMsg> {
    const { state } = await this.#link.manager.streams.info(stream);
    if (state.messages === 0) return;
    const consumer = await this.#link.publisher.consumers.get(stream, {
      deliver_policy: policy,
      headers_only: true,
    });
    const messages = await consumer.consume({ max_messages: 500 });
    try {
      for await (const message of messages) {
        yield message;
        if (message.info.pending === 0) return;
      }
    } finally {
      await messages.close();
      // Otherwise the server remembers it for five minutes.
      void consumer.delete().catch(() => {});
    }
  }

  /** The last sequence of a log. */
  async end(stream: string): Promise<number> {
    return (await this.#link.manager.streams.info(stream)).state.last_seq;
  }
}
