import { DeliverPolicy, JetStreamApiError, type JsMsg } from "@nats-io/jetstream";
import type { RegionLink } from "../link.ts";
import type { LogKind, LogName, Names } from "../names.ts";
import { compareVersions } from "../version.ts";
import { Follower } from "./follower.ts";
import { fromHeaders, type Logged, type Operation } from "./operation.ts";

/** What JetStream says of a stream that is not there. */
const NO_STREAM = 10059;

/** The time that nats-server gives for a stream that it is still making. */
const NOT_YET = "0001-";

/** An operation and the stream that it came from. */
export interface Heard<T extends Operation> extends Logged<T> {
  readonly log: LogName;
}

/** How a log is on the region's server. */
export interface StreamState {
  /** The first message that is there, or would be the next. */
  readonly first: number;
  /** Its last sequence. */
  readonly sequence: number;
  readonly messages: number;
  /** Whether it is written elsewhere, or was in a former life of this region. */
  readonly isMirror: boolean;
}

/**
 * All logs of one kind that the region's server holds: its own, and mirrors of those of other regions, former lives
 * included. What holds of a key is the latest of their last operations on it; it takes no engine but the mirrors.
 *
 * A server that lost its disk holds them no more, until it mirrors them back. They stay in the set, and say nothing
 * meanwhile. Nats-server 2.9 dies of a question for a message in a stream that it is making at this moment, so that one which is
 * new here, or may have been lost, is first asked how it is.
 */
export class LogSet<T extends Operation> {
  readonly #link: RegionLink;
  readonly #names: Names;
  readonly #kind: LogKind;
  readonly #logs = new Map<string, LogName>();
  readonly #added = new Set<(stream: string, log: LogName) => void>();
  readonly #followers = new Set<Follower<T>>();
  /** Streams that the server may not have, or not yet. */
  readonly #unsure = new Set<string>();

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
    // Another member may be making it at this moment.
    this.#unsure.add(stream);
    for (const listener of this.#added) listener(stream, log);
  }

  /** Takes note that the server may have begun anew. */
  doubt(): void {
    for (const stream of this.#logs.keys()) this.#unsure.add(stream);
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
      if (this.#unsure.has(stream) && (await this.state(stream)) === undefined) return undefined;
      const { streams } = this.#link.manager;
      const message = await this.#unlessLost(stream, streams.getMessage(stream, { last_by_subj: subject }));
      const operation = fromHeaders<T>(message?.header);
      if (message == null || operation === undefined) return undefined;
      return { operation, body: message.data, sequence: message.seq, log };
    });
    const found = (await Promise.all(asked)).filter((it) => it !== undefined);
    return found.sort((a, b) => compareVersions(b.operation, a.operation));
  }

  /**
   * Reads the last operation on every key of one log, as it is now, without the bodies. Ends when all were read; rejects
   * where the server loses it meanwhile.
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

  /**
   * Calls back for each message of a log behind a sequence, in order, one at a time, until it is stopped: also after the
   * server had lost the log and has it again. Rejects where the log is there and cannot be followed.
   */
  async follow(
    stream: string,
    behind: number,
    hear: (heard: Heard<T>) => unknown,
  ): Promise<{ stop(): Promise<void> }> {
    const log = this.#logs.get(stream) as LogName;
    const follower = new Follower<T>(this.#link.publisher, stream, behind, (logged) =>
      hear({ ...logged, log }),
    );
    const stop = () => {
      this.#followers.delete(follower);
      return follower.stop();
    };
    try {
      if ((await this.state(stream)) !== undefined && follower.isBroken)
        await this.#unlessLost(stream, follower.begin());
    } catch (error) {
      await stop();
      throw error;
    }
    this.#followers.add(follower);
    return { stop };
  }

  async *#read(stream: string, policy: DeliverPolicy): AsyncGenerator<JsMsg> {
    const state = await this.state(stream);
    if (state === undefined || state.messages === 0) return;
    const consumer = await this.#link.publisher.consumers.get(stream, {
      deliver_policy: policy,
      headers_only: true,
    });
    const messages = await consumer.consume({ max_messages: 500, abort_on_missing_resource: true });
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

  /** The last sequence of a log; 0 for one that the server has lost. */
  async end(stream: string): Promise<number> {
    return (await this.state(stream))?.sequence ?? 0;
  }

  /** How a log is here; `undefined` for one that the server has lost. Who follows one that is here again goes on. */
  async state(stream: string): Promise<StreamState | undefined> {
    const info = await this.#unlessLost(stream, this.#link.manager.streams.info(stream));
    if (info === undefined || info.created.startsWith(NOT_YET)) {
      this.#unsure.add(stream);
      return undefined;
    }
    this.#unsure.delete(stream);
    for (const follower of this.#followers)
      if (follower.stream === stream && follower.isBroken) void follower.begin().catch(() => {});
    const { first_seq, last_seq, messages } = info.state;
    return { first: first_seq, sequence: last_seq, messages, isMirror: info.config.mirror !== undefined };
  }

  /** `undefined` where the server does not have the stream. */
  async #unlessLost<R>(stream: string, answer: Promise<R>): Promise<R | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== NO_STREAM) throw error;
      this.#unsure.add(stream);
      return undefined;
    }
  }
}
