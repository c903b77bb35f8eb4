import { type ConsumerMessages, DeliverPolicy, type JetStreamClient } from "@nats-io/jetstream";
import { fromHeaders, type Logged, type Operation } from "./operation.ts";

/** Hears a stream in order, each message once, and from there on again where it broke off. */
export class Follower<T extends Operation> {
  readonly stream: string;
  readonly #client: JetStreamClient;
  readonly #hear: (logged: Logged<T>) => unknown;
  #reached: number;
  #messages: ConsumerMessages | undefined;
  #run: Promise<void> | undefined;
  #isBeginning = false;
  #isStopped = false;

  constructor(client: JetStreamClient, stream: string, behind: number, hear: (logged: Logged<T>) => unknown) {
    this.#client = client;
    this.stream = stream;
    this.#reached = behind;
    this.#hear = hear;
  }

  /** Whether nothing is heard until it begins again, as its stream was lost. */
  get isBroken(): boolean {
    return this.#run === undefined && !this.#isBeginning && !this.#isStopped;
  }

  /** Hears what comes behind the last message that was heard. Rejects where the server does not let it. */
  async begin(): Promise<void> {
    this.#isBeginning = true;
    try {
      const consumer = await this.#client.consumers.get(this.stream, {
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: this.#reached + 1,
      });
      const messages = await consumer.consume({ max_messages: 500, abort_on_missing_resource: true });
      this.#messages = messages;
      this.#run = this.#hearAll(messages)
        .catch(() => {})
        .finally(() => {
          this.#run = undefined;
        });
      if (this.#isStopped) await this.stop();
    } finally {
      this.#isBeginning = false;
    }
  }

  /** Hears no more; resolves when what was being heard is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const run = this.#run;
    await this.#messages?.close();
    await run;
  }

  async #hearAll(messages: ConsumerMessages): Promise<void> {
    for await (const message of messages) {
      // A mirror that was begun anew has them again, and a consumer may begin before it has come as far as we had.
      if (message.seq <= this.#reached) continue;
      const operation = fromHeaders<T>(message.headers);
      if (operation !== undefined) await this.#hear({ operation, body: message.data, sequence: message.seq });
      this.#reached = message.seq;
    }
  }
}
