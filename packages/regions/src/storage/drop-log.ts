import { randomUUID } from "node:crypto";
import type { CacheStorage } from "zarr-cache";
import { ClosedError } from "../errors.ts";
import { fromHeaders } from "../log/operation.ts";
import { keyToken, type LogName } from "../names.ts";
import { Pauses } from "../pauses.ts";
import type { Region } from "../region.ts";
import type { KnownDrops } from "./known-drops.ts";
import type { DropOperation } from "./part-operation.ts";
import { RememberedPlaces } from "./remembered-places.ts";

/** Milliseconds before a log is heard again that could not be: the first time, and at most. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** How far one log was heard in this process. */
interface Place {
  readonly isOwn: boolean;
  /** `undefined` before the first time. */
  heard: number | undefined;
  /** Where what this storage has to carry out begins. */
  since: number;
}

/**
 * Carries invalidations: tells the other regions of those made here, and drops here what they dropped. They are heard in
 * order and without a gap; where there is one, since the log was cut off meanwhile, or before a named storage heard it for the
 * first time, everything is dropped. One that joins others over the same lasting tiers goes on from where these have come to.
 */
export class DropLog {
  readonly #region: Region;
  readonly #storage: CacheStorage;
  readonly #known: KnownDrops;
  readonly #places: RememberedPlaces;
  readonly #stores: () => Iterable<string>;
  /** Drops that this storage has told of and not heard back yet. */
  readonly #told = new Set<string>();
  readonly #ends = new Map<string, () => Promise<void>>();
  readonly #pauses: Pauses;
  #stop: () => void = () => {};
  #isClosed = false;

  constructor(options: {
    readonly region: Region;
    readonly storage: CacheStorage;
    readonly known: KnownDrops;
    readonly name: string | undefined;
    readonly sharedTiers: string | undefined;
    /** The store ids that are in use here. */
    readonly stores: () => Iterable<string>;
  }) {
    this.#region = options.region;
    this.#storage = options.storage;
    this.#known = options.known;
    this.#places = new RememberedPlaces(options.region.link.manager, options);
    this.#stores = options.stores;
    this.#pauses = new Pauses(options.region.settings.timers);
  }

  /** Begins to hear the logs of all regions, also of those that are found later. */
  open(): void {
    this.#stop = this.#region.logs("drops").onStream((stream, log) => {
      void this.#hear(stream, log);
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
    this.#told.add(operation.id);
    try {
      await this.#region.own("drops").append(keyToken(storeId), operation, new Uint8Array(0));
    } catch (error) {
      this.#told.delete(operation.id);
      throw error;
    }
    this.#known.note(operation);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    this.#pauses.end();
    await Promise.all([...this.#ends.values()].map((end) => end()));
  }

  /** Hears one log for as long as this is open, through faults of the region's server. */
  async #hear(stream: string, log: LogName): Promise<void> {
    const place: Place = { isOwn: log.region === this.#region.region, heard: undefined, since: 0 };
    let pause = FIRST_PAUSE;
    while (!this.#isClosed) {
      const { heard } = place;
      try {
        await this.#hearFrom(place, stream);
      } catch (error) {
        if (this.#isClosed) return;
        this.#region.warnings.warn(
          `Invalidations of region "${log.region}" cannot be read from this region's NATS server, and are asked for again ` +
            `until they can: ${String(error)}`,
        );
      }
      pause = heard === place.heard ? Math.min(2 * pause, LONGEST_PAUSE) : FIRST_PAUSE;
      await this.#pauses.pause(pause);
    }
  }

  /**
   * Hears one log from where this storage had come to, or from its beginning, until the server fails. Of the region's own
   * a storage that comes anew only notes what was before: other members have carried it out where they share its tiers.
   */
  async #hearFrom(place: Place, stream: string): Promise<void> {
    const { manager, publisher } = this.#region.link;
    const { state } = await manager.streams.info(stream);
    place.heard ??= await this.#begin(place, stream, state);
    await this.#reach(place, state.first_seq - 1);
    const name = await this.#places.consumer(stream, place.heard);
    const consumer = await publisher.consumers.get(stream, name);
    const messages = await consumer.consume({ max_messages: 200, abort_on_missing_resource: true });
    this.#ends.set(stream, async () => void (await messages.close()));
    for await (const message of messages) {
      const operation = fromHeaders<DropOperation>(message.headers);
      await this.#reach(place, message.seq - 1);
      if (operation !== undefined) {
        this.#region.clock.see(operation.clock);
        this.#known.note(operation);
        const isTold = this.#told.delete(operation.id);
        if (!isTold && message.seq > place.since)
          await this.#carryOut(() => this.#storage.invalidate(operation.storeId, operation.path));
      }
      place.heard = Math.max(place.heard, message.seq);
      message.ack();
    }
  }

  /** Finds out behind which message this storage begins to hear a log, and what of that it has to carry out. */
  async #begin(
    place: Place,
    stream: string,
    { first_seq, last_seq }: { readonly first_seq: number; readonly last_seq: number },
  ): Promise<number> {
    const before = Math.max(0, first_seq - 1);
    const known = await this.#places.own(stream);
    // What others have dropped from the tiers that they share is only noted, and no gap of this storage.
    const shared = known > 0 ? 0 : await this.#places.siblings(stream);
    const isShared = shared > 0 && shared >= before;
    // A storage without a name is taken for empty at first: there is nothing in it that a gap could concern.
    const isNew = known === 0 && (place.isOwn || !this.#places.isNamed || isShared);
    if (isNew) place.since = place.isOwn ? last_seq : shared;
    return isNew ? before : known;
  }

  /** Goes on to a message. What was between it and the last one that was heard is lost: it may have concerned anything. */
  async #reach(place: Place, before: number): Promise<void> {
    if (place.heard === undefined || before <= place.heard) return;
    await this.#carryOut(() => this.#dropAll());
    place.heard = before;
  }

  /** Drops something, again and again until the storage does it: what comes after it waits. */
  async #carryOut(drop: () => Promise<void>): Promise<void> {
    for (let pause = FIRST_PAUSE; !this.#isClosed; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        return await drop();
      } catch (error) {
        this.#region.warnings.warn(`What another region has dropped is still here: ${String(error)}`);
      }
      await this.#pauses.pause(pause);
    }
    throw new ClosedError("The storage of a region");
  }

  /** Drops all that the storage holds, also of stores that are not in use at present. */
  async #dropAll(): Promise<void> {
    const stores = new Set(this.#stores());
    let cursor: string | undefined;
    do {
      const page = await this.#storage.entries({ limit: 1000, ...(cursor !== undefined && { cursor }) });
      for (const { storeId } of page.entries) stores.add(storeId);
      cursor = page.cursor;
    } while (cursor !== undefined);
    for (const storeId of stores) await this.#storage.invalidate(storeId, "/");
  }
}
