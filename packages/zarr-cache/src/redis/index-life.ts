import { CacheFormatError, ClosedError, InvalidOptionError } from "../errors.ts";
import type { IndexState } from "../store-index.ts";
import { newEpoch } from "../token.ts";
import { connected, makeConnection, patienceFor, type RedisConnection } from "./connection.ts";
import { unpackHead } from "./head-record.ts";
import { OPEN_SHARD } from "./lua/index-scripts.ts";
import { MARK_CLEAN } from "./lua/leftover-scripts.ts";
import { RedisError, tagRedisError } from "./redis-error.ts";
import type { RedisIndexSettings } from "./redis-index-options.ts";
import { type Script, type ScriptArgument, type ScriptReply, wordOf } from "./script.ts";
import { ServerClock } from "./server-clock.ts";
import { readServerFacts, type ServerFacts } from "./server-facts.ts";
import { keysOfShard, type ShardKeys } from "./shard-keys.ts";
import type { StreamPlace } from "./stream-place.ts";

/** Version of the layout in Redis. */
export const FORMAT = 3;

/** What {@link IndexLife} tells the index. */
export interface LifeEvents {
  /** The index was found to be lost, wholly or in part, and goes on empty there. */
  reopened(state: IndexState): void;
  warn(message: string): void;
}

const NEW = 1;

/**
 * The life of an index in Redis: joins it or begins it, notices when it was lost, and runs scripts on its shards.
 *
 * An index has one epoch; each shard has it too. A shard without it was lost (a restart without persistence, a flush,
 * a failover to an empty replica): if any other shard still has it, the lost one goes on under the same epoch, and what
 * it charged for is found as orphans; if none has, a new epoch begins.
 */
export class IndexLife {
  readonly shards: readonly ShardKeys[];
  readonly clock: ServerClock;
  readonly #settings: RedisIndexSettings;
  readonly #events: LifeEvents;
  #commands: RedisConnection | undefined;
  #epoch: string | undefined;
  #clean = false;
  #facts: ServerFacts | undefined;
  #place: StreamPlace = { epoch: "", id: "0-0", number: 0 };
  #attaching: Promise<void> | undefined;
  #hasWarned = false;
  #isClosed = false;

  constructor(settings: RedisIndexSettings, events: LifeEvents) {
    this.#settings = settings;
    this.#events = events;
    this.shards = Array.from({ length: settings.shards }, (_, shard) =>
      keysOfShard(settings.namespace, shard),
    );
    this.clock = new ServerClock(settings.monotonic);
  }

  get state(): IndexState {
    return { epoch: this.epoch, clean: this.#clean };
  }

  get epoch(): string {
    if (this.#isClosed) throw new ClosedError("The index");
    if (this.#epoch === undefined) throw new Error("The index is not open: await open() first.");
    return this.#epoch;
  }

  get connection(): RedisConnection {
    if (this.#isClosed) throw new ClosedError("The index");
    if (this.#commands === undefined) throw new Error("The index is not open: await open() first.");
    return this.#commands;
  }

  /** Where the stream stood when this life was joined. */
  get place(): StreamPlace {
    return this.#place;
  }

  get isReplicated(): boolean {
    return this.#facts?.isReplicated === true;
  }

  /** Connects and joins the index, or begins it. */
  async open(): Promise<void> {
    try {
      this.#commands ??= await makeConnection(this.#settings.redis, "commands", this.#settings.deadline);
      await connected(this.#commands, patienceFor(this.#settings.deadline));
      await this.attach();
    } catch (error) {
      throw tagRedisError(error, this.#settings.deadline);
    }
  }

  /**
   * Runs a script on a shard of this epoch. `undefined`: the shard was not, so nothing was done; whoever needs it done
   * tries again, in the life that follows.
   */
  async run(
    shard: number,
    script: Script,
    args: readonly ScriptArgument[],
    moreKeys: readonly string[] = [],
  ): Promise<ScriptReply | undefined> {
    const { epoch } = this;
    const keys = (this.shards[shard] as ShardKeys).all;
    const reply = await this.ask(() =>
      script.run(
        this.connection,
        moreKeys.length === 0 ? keys : [...keys, ...moreKeys],
        this.#head(epoch, args),
      ),
    );
    if (wordOf(reply) !== "gone") return reply;
    await this.lost(epoch);
    return undefined;
  }

  /** Waits for an answer of Redis; what it rejects with is tagged. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw tagRedisError(error, this.#settings.deadline);
    }
  }

  /** Somebody found that a shard is not of this epoch. */
  async lost(epoch: string): Promise<void> {
    if (this.#isClosed || this.#epoch !== epoch) return;
    await this.ask(() => this.attach());
  }

  /** Marks every shard of this life; one that begins meanwhile is not clean. */
  async markClean(): Promise<void> {
    for (const shard of this.shards.keys()) if ((await this.run(shard, MARK_CLEAN, [])) === undefined) return;
    this.#clean = true;
  }

  /** Looks whether the servers are others than before, after a restart or a failover. */
  async haveServersChanged(): Promise<boolean> {
    const before = this.#facts?.runIds;
    this.#facts = await readServerFacts(this.connection);
    return before !== undefined && before !== this.#facts.runIds;
  }

  close(): void {
    this.#isClosed = true;
    this.#commands?.disconnect();
  }

  /** Joins every shard, and begins those that are not there. Of calls at the same time the first counts. */
  attach(): Promise<void> {
    this.#attaching ??= this.#attach().finally(() => {
      this.#attaching = undefined;
    });
    return this.#attaching;
  }

  async #attach(): Promise<void> {
    const connection = this.connection;
    this.#facts ??= await this.#checkServers(connection);
    const heads = await Promise.all(this.shards.map(({ books }) => connection.hgetBuffer(books, "h")));
    // One of an older format begins anew; whoever still uses it finds that out.
    const known = heads
      .flatMap((head) => head ?? [])
      .map(unpackHead)
      .find(({ format }) => format === FORMAT);
    const proposed = known?.epoch ?? newEpoch();
    const first = await this.#openShard(0, proposed, false);
    const others = await Promise.all(
      [...this.shards.keys()].slice(1).map((shard) => this.#openShard(shard, first.epoch, true)),
    );
    const all = [first, ...others];
    const before = this.#epoch;
    this.#epoch = first.epoch;
    this.#clean = all.every(({ clean }) => clean);
    this.#place = first.place;
    const lostSome = all.some(({ isNew }) => isNew) && !all.every(({ isNew }) => isNew);
    if (before === undefined && !lostSome) return;
    this.#events.warn(
      before === first.epoch || lostSome
        ? "Redis has lost a part of the index, which goes on empty there."
        : "Redis has lost the index; a new one begins, and what the old one knew is fetched again.",
    );
    if (before !== undefined) this.#events.reopened(this.state);
  }

  async #checkServers(connection: RedisConnection): Promise<ServerFacts | undefined> {
    let facts: ServerFacts;
    try {
      facts = await readServerFacts(connection);
    } catch (error) {
      // An account may be without the right to ask.
      const tagged = tagRedisError(error, this.#settings.deadline);
      if (tagged instanceof RedisError && tagged.reason === "auth") return undefined;
      throw tagged;
    }
    if (facts.memoryPolicy !== undefined && !this.#hasWarned) {
      this.#hasWarned = true;
      this.#events.warn(
        `Redis may evict keys of the index by itself (maxmemory-policy ${facts.memoryPolicy}), which loses the whole ` +
          "index at once: set maxmemory-policy noeviction.",
      );
    }
    return facts;
  }

  async #openShard(
    shard: number,
    epoch: string,
    isBound: boolean,
  ): Promise<{ epoch: string; clean: boolean; isNew: boolean; place: StreamPlace }> {
    const { namespace, shards, maxBytes, maxEntries, maxEntryBytes, policy, quotas } = this.#settings;
    const { maxPinnedBytes, setAside } = this.#settings;
    const keys = this.shards[shard] as ShardKeys;
    const share = (whole: number) =>
      Number.isFinite(whole) ? Math.floor(whole / shards) + (shard < whole % shards ? 1 : 0) : whole;
    const sentAt = this.#settings.monotonic();
    const reply = await OPEN_SHARD.run(
      this.connection,
      [...keys.all, keys.stream],
      this.#head(epoch, [
        FORMAT,
        shards,
        isBound ? 1 : 0,
        share(maxBytes - setAside),
        String(share(maxEntries)),
        maxEntryBytes,
        share(maxPinnedBytes),
        policy === "lru" ? 1 : 0,
        ...quotas.flatMap(([storeId, bytes]) => [storeId, share(bytes)]),
      ]),
    );
    const word = wordOf(reply);
    if (word === "format")
      throw new CacheFormatError(`Redis namespace ${namespace}`, Number(reply[1]), FORMAT);
    if (word === "shards")
      throw new InvalidOptionError(
        "shards",
        shards,
        `${Number(reply[1])}, with which the index "${namespace}" was made`,
      );
    const [, own, clean, isNew, now, messages, last] = reply;
    this.clock.sample(sentAt, Number(now));
    return {
      epoch: String(own),
      clean: clean === 1,
      isNew: isNew === NEW,
      place: { epoch: String(own), id: String(last), number: Number(messages) },
    };
  }

  #head(epoch: string, args: readonly ScriptArgument[]): ScriptArgument[] {
    const { clock, lockAge } = this.#settings;
    return [epoch, clock === undefined ? "" : clock(), String(lockAge), ...args];
  }
}
