import { randomUUID } from "node:crypto";
import type { CacheStorage } from "zarr-cache";
import { ClosedError } from "../errors.ts";
import type { StreamState } from "../log/log-set.ts";
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
  /** Whether it was found after this storage began to hear. */
  readonly isLater: boolean;
  /** The last message that was carried out, or need not be; `undefined` before that is known. */
  heard: number | undefined;
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
  readonly #remembered: RememberedPlaces;
  readonly #places = new Map<string, Place>();
  readonly #stores: () => Iterable<string>;
  /** Drops that this storage has told of and not heard back yet. */
  readonly #told = new Set<string>();
  readonly #ends = new Map<string, () => Promise<void>>();
  readonly #pauses: Pauses;
  readonly #begun: Promise<void>;
  #tellBegun: () => void = () => {};
  /** The logs that were there at first. */
  #first: readonly Place[] = [];
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
    this.#remembered = new RememberedPlaces(options.region.link.manager, options);
    this.#stores = options.stores;
    this.#pauses = new Pauses(options.region.settings.timers);
    this.#begun = new Promise((resolve) => {
      this.#tellBegun = resolve;
    });
  }

  /** Begins to hear the logs of all regions, also of those that are found later. */
  open(): void {
    let isLater = false;
    this.#stop = this.#region.logs("drops").onStream((stream, log) => {
      const place: Place = { isOwn: log.region === this.#region.region, isLater, heard: undefined };
      this.#places.set(stream, place);
      void this.#hear(place, stream, log);
    });
    isLater = true;
    this.#first = [...this.#places.values()];
  }

  /** Resolves when all is known that was dropped before, or when the region's server has taken too long to tell. */
  async begun(): Promise<void> {
    await Promise.race([this.#begun, this.#pauses.pause(this.#region.settings.deadline)]);
  }

  /** Of each log, the last message that was heard. */
  heard(): Readonly<Record<string, number>> {
    const heard: Record<string, number> = {};
    for (const [stream, place] of this.#places) if (place.heard) heard[stream] = place.heard;
    return heard;
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
    const own = this.#region.own("drops");
    this.#told.add(operation.id);
    try {
      const sequence = await own.append(keyToken(storeId), operation, new Uint8Array(0));
      this.#known.note(own.stream, sequence, operation);
      // Whoever asks the source from now on knows of it.
      const place = this.#places.get(own.stream);
      if (place?.heard === sequence - 1) place.heard = sequence;
    } catch (error) {
      this.#told.delete(operation.id);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    this.#pauses.end();
    await Promise.all([...this.#ends.values()].map((end) => end()));
  }

  /** Hears one log for as long as this is open, through faults of the region's server. */
  async #hear(place: Place, stream: string, log: LogName): Promise<void> {
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

  /** Hears one log from where this storage had come to, or from its beginning, until the server fails. */
  async #hearFrom(place: Place, stream: string): Promise<void> {
    const state = await this.#region.logs("drops").state(stream);
    if (state === undefined) throw new Error("it has lost them");
    place.heard ??= await this.#begin(place, stream, state);
    if (this.#first.every(({ heard }) => heard !== undefined)) this.#complete();
    await this.#reach(place, stream, state.first - 1);
    const name = await this.#remembered.consumer(stream, place.heard);
    const consumer = await this.#region.link.publisher.consumers.get(stream, name);
    const messages = await consumer.consume({ max_messages: 200, abort_on_missing_resource: true });
    this.#ends.set(stream, async () => void (await messages.close()));
    for await (const message of messages) {
      const operation = fromHeaders<DropOperation>(message.headers);
      await this.#reach(place, stream, message.seq - 1);
      if (operation !== undefined) {
        this.#region.clock.see(operation.clock);
        this.#known.note(stream, message.seq, operation);
        const isTold = this.#told.delete(operation.id);
        // A server that lost its disk has forgotten what was heard, and tells it again.
        if (!isTold && message.seq > place.heard)
          await this.#carryOut(() => this.#storage.invalidate(operation.storeId, operation.path));
      }
      place.heard = Math.max(place.heard, message.seq);
      message.ack();
    }
  }

  /**
   * Finds out behind which message this storage begins to carry out what a log says. What was carried out before, by itself
   * or by others over the same tiers, is noted: what was announced before that must not come back.
   */
  async #begin(
    { isOwn, isLater }: Place,
    stream: string,
    { first, sequence: last, isMirror }: StreamState,
  ): Promise<number> {
    // A log that the region has begun since then is new in all that it says; one of a former life is mirrored back.
    if (isOwn && isLater && !isMirror) return 0;
    const before = Math.max(0, first - 1);
    const heard = await this.#placeIn(stream, before, isOwn ? last : undefined);
    this.#known.lost(stream, before);
    if (heard <= before) return heard;
    for await (const { operation, sequence } of this.#region.logs("drops").all(stream)) {
      if (sequence > heard) break;
      this.#region.clock.see(operation.clock);
      this.#known.note(stream, sequence, operation);
    }
    return heard;
  }

  /** The last message of a log that this storage need not carry out, where messages up to `before` are lost. */
  async #placeIn(stream: string, before: number, ownEnd: number | undefined): Promise<number> {
    const remembered = await this.#remembered.own(stream);
    if (remembered > 0) return remembered;
    // Other members of the region have carried it out where they share the tiers of a storage that comes anew.
    if (ownEnd !== undefined) return ownEnd;
    const shared = await this.#remembered.siblings(stream);
    if (shared > 0 && shared >= before) return shared;
    // A storage without a name is taken for empty at first: there is nothing in it that a gap could concern.
    return this.#remembered.isNamed ? 0 : before;
  }

  #complete(): void {
    this.#known.complete();
    this.#tellBegun();
  }

  /** Goes on to a message. What was between it and the last one that was heard is lost: it may have concerned anything. */
  async #reach(place: Place, stream: string, before: number): Promise<void> {
    if (place.heard === undefined || before <= place.heard) return;
    this.#known.lost(stream, before);
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
