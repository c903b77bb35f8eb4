import { AckPolicy, DeliverPolicy, JetStreamApiError } from "@nats-io/jetstream";
import type { RegionLink } from "../link.ts";
import { keyToken } from "../names.ts";

/** What JetStream says of a consumer that is not there. */
const NO_CONSUMER = 10014;

/** Nanoseconds that the place of a storage without a name is remembered. */
const AN_HOUR = 3600e9;

/** Nanoseconds that a named storage may be away before its place in a log is forgotten: 30 days. */
const A_MONTH = 30 * 864e5 * 1e6;

/** What the region's server remembers of how far storages have heard the logs: of one, and of those over the same lasting tiers. */
export class RememberedPlaces {
  readonly #manager: RegionLink["manager"];
  readonly #name: string | undefined;
  /** How the names of all storages over the same lasting tiers begin. */
  readonly #siblings: string | undefined;

  constructor(
    manager: RegionLink["manager"],
    { name, sharedTiers }: { readonly name: string | undefined; readonly sharedTiers: string | undefined },
  ) {
    this.#manager = manager;
    this.#siblings = sharedTiers === undefined ? undefined : `${keyToken(sharedTiers)}_`;
    this.#name = name === undefined ? undefined : `${this.#siblings ?? ""}${keyToken(name)}`;
  }

  /** Whether this storage has a name to be remembered by. */
  get isNamed(): boolean {
    return this.#name !== undefined;
  }

  /** The last message of a log that this storage has heard; 0 where it hears it for the first time, or has no name. */
  async own(stream: string): Promise<number> {
    if (this.#name === undefined) return 0;
    try {
      return (await this.#manager.consumers.info(stream, this.#name)).ack_floor.stream_seq;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === NO_CONSUMER) return 0;
      throw error;
    }
  }

  /** The last message of a log that any storage over the same lasting tiers has heard; 0 where there is none. */
  async siblings(stream: string): Promise<number> {
    const siblings = this.#siblings;
    if (siblings === undefined) return 0;
    let last = 0;
    for await (const { name, ack_floor } of this.#manager.consumers.list(stream))
      if (name.startsWith(siblings)) last = Math.max(last, ack_floor.stream_seq);
    return last;
  }

  /** The name of the server's memory of this storage: lasting where it has a name, and made where it is not there. */
  async consumer(stream: string, heard: number): Promise<string> {
    const { name } = await this.#manager.consumers.add(stream, {
      ack_policy: AckPolicy.Explicit,
      max_ack_pending: 1000,
      ...(this.#name === undefined
        ? {
            deliver_policy: DeliverPolicy.StartSequence,
            opt_start_seq: heard + 1,
            inactive_threshold: AN_HOUR,
          }
        : { deliver_policy: DeliverPolicy.All, durable_name: this.#name, inactive_threshold: A_MONTH }),
    });
    return name;
  }
}
