import { randomUUID } from "node:crypto";
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import type { CacheStorage } from "zarr-cache";
import { fromHeaders } from "../log/operation.ts";
import { keyToken } from "../names.ts";
import type { Region } from "../region.ts";
import type { KnownDrops } from "./known-drops.ts";
import type { DropOperation } from "./part-operation.ts";

/** Nanoseconds that a named storage may be away before its place in the log is forgotten: 30 days. */
const REMEMBERED = 30 * 864e5 * 1e6;

/**
 * Carries invalidations: tells the other regions of those made here, and drops here what they dropped. They are heard in
 * order and without a gap; where there is one, since the log was cut off meanwhile, everything is dropped.
 */
export class DropLog {
  readonly #region: Region;
  readonly #storage: CacheStorage;
  readonly #known: KnownDrops;
  readonly #name: string | undefined;
  readonly #stores: () => Iterable<string>;
  readonly #ends: (() => Promise<void>)[] = [];
  #stop: () => void = () => {};
  #isClosed = false;

  constructor(options: {
    readonly region: Region;
    readonly storage: CacheStorage;
    readonly known: KnownDrops;
    readonly name: string | undefined;
    /** The store ids that are in use here. */
    readonly stores: () => Iterable<string>;
  }) {
    this.#region = options.region;
    this.#storage = options.storage;
    this.#known = options.known;
    this.#name = options.name;
    this.#stores = options.stores;
  }

  /** Begins to hear the logs of all regions, also of those that are found later. */
  open(): void {
    this.#stop = this.#region.logs<DropOperation>("drops").onStream((stream, log) => {
      this.#hear(stream, log.region === this.#region.region).catch((error: unknown) => {
        if (!this.#isClosed)
          this.#region.warnings.warn(`Drops of region "${log.region}" are not heard: ${String(error)}`);
      });
    });
  }

  /** Tells all regions that a path was dropped. Rejects where the region's own server does not acknowledge it. */
  async tell(storeId: string, path: string): Promise<void> {
    const { region, clock } = this.#region;
    const operation: DropOperation = {
      clock: clock.next(),
      region,
      id: randomUUID(),
      seen: {},
      storeId,
      path,
    };
    await this.#region.own("drops").append(keyToken(storeId), operation, new Uint8Array(0));
    this.#known.note(operation);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    await Promise.all(this.#ends.map((end) => end()));
  }

  /** Hears one log from where this storage had come to, or from its beginning. Of the region's own only what is noted. */
  async #hear(stream: string, isOwn: boolean): Promise<void> {
    const { manager, publisher } = this.#region.link;
    const name = this.#name === undefined ? undefined : `${keyToken(this.#name)}`;
    const info = await manager.consumers.add(stream, {
      ...(name !== undefined && { durable_name: name }),
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      inactive_threshold: name === undefined ? 3600e9 : REMEMBERED,
      max_ack_pending: 1000,
    });
    let heard = info.ack_floor.stream_seq;
    const { state } = await manager.streams.info(stream);
    // A storage without a name is taken for empty at first: there is nothing in it that a gap could concern.
    const mayHaveMissed = name !== undefined && heard > 0 && state.first_seq > heard + 1;
    if (mayHaveMissed && !isOwn) await this.#dropAll();
    const consumer = await publisher.consumers.get(stream, info.name);
    const messages = await consumer.consume({ max_messages: 200 });
    this.#ends.push(async () => void (await messages.close()));
    for await (const message of messages) {
      const operation = fromHeaders<DropOperation>(message.headers);
      if (!isOwn && heard > 0 && message.seq > heard + 1) await this.#dropAll();
      heard = Math.max(heard, message.seq);
      if (operation !== undefined) {
        this.#region.clock.see(operation.clock);
        this.#known.note(operation);
        if (!isOwn) await this.#storage.invalidate(operation.storeId, operation.path);
      }
      message.ack();
    }
  }

  async #dropAll(): Promise<void> {
    for (const storeId of this.#stores()) await this.#storage.invalidate(storeId, "/");
  }
}
