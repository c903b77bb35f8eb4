import { StoreIdConflictError } from "../errors.ts";
import { type Part, partId } from "../part.ts";
import { rangeId } from "../range.ts";
import type {
  Changes,
  ClaimAnswer,
  ClaimRef,
  ConfirmedFacts,
  EntryFacts,
  EntryPage,
  EntryQuery,
  FreshWithin,
  IndexEntry,
  IndexState,
  IndexUsage,
  ReleaseOutcome,
  Reservation,
  Room,
  Settlement,
  StoreIndex,
  SweepStep,
} from "../store-index.ts";
import type { StoredName } from "../store-opener.ts";
import { newEpoch } from "../token.ts";
import { ChangeFeed } from "./change-feed.ts";
import { connected, makeConnection, nodesOf, type RedisConnection } from "./connection.ts";
import { listEntries } from "./entry-listing.ts";
import { findEntry, type LookupPlace } from "./entry-lookup.ts";
import { packFlags, packTail, unpackFacts } from "./entry-record.ts";
import { IndexLife } from "./index-life.ts";
import { readUsage } from "./index-usage.ts";
import { inspect } from "./index-verification.ts";
import { CONDEMN, COUNT_USES, FREE, KNOWN, MAKE_ROOM, WEIGH } from "./lua/eviction-scripts.ts";
import { CLAIM, COMMIT, CONFIRM, RELEASE, RENEW, RESERVE, SETTLED } from "./lua/fill-scripts.ts";
import { BIND } from "./lua/index-scripts.ts";
import { ANNOUNCE, CLOSE_WRITE, INVALIDATE, OPEN_WRITE, SWEEP } from "./lua/invalidation-scripts.ts";
import { RecentInvalidations } from "./recent-invalidations.ts";
import { RedisError, tagRedisError } from "./redis-error.ts";
import {
  parseRedisIndexOptions,
  type RedisIndexSettings,
  type RedisStoreIndexOptions,
} from "./redis-index-options.ts";
import { type Script, type ScriptArgument, type ScriptReply, wordOf } from "./script.ts";
import { SettlementWaits } from "./settlement-waits.ts";
import { type ShardKeys, shardOf } from "./shard-keys.ts";
import { newShardToken, packToken, showToken } from "./shard-token.ts";
import { UseBuffer } from "./use-buffer.ts";

/** One shard as this client knows it. */
interface Shard extends LookupPlace {
  readonly number: number;
  readonly uses: UseBuffer;
  /** Where the next sweep goes on. */
  stateCursor: string;
  claimCursor: string;
}

/** Bytes charged for an entry beside its value: its records in Redis, and its place among the objects of a bucket. */
export const REDIS_ENTRY_OVERHEAD = 512;

const FLUSH_MILLISECONDS = 1000;
const EVICTION_ROUNDS_AT_OPEN = 16;
const TOKENS_PER_SCRIPT = 500;
const CLAIMS_PER_SCRIPT = 200;
/** Tries of what must be done although the index was lost meanwhile. */
const LIVES = 3;

/**
 * Knows what is cached for all machines that share a Redis: a single server (6.2 or later, Valkey too) or a Cluster.
 *
 * Keys are spread over `shards`, each with its share of the budget and a policy of its own, since a script can only use
 * keys of one slot. All parts of a key share a shard. Every change is one Lua script (`lua/`), found by tokens or a
 * random name when it is sent twice; a look-up is one HMGET. Uses are counted in batches and may be lost.
 *
 * Times are Redis' own. What other clients drop is heard through a stream, see `change-feed.ts`; when a claim ends,
 * those who wait are told by a message, and ask by themselves as well. When Redis loses the index, a new epoch begins.
 */
export class RedisStoreIndex implements StoreIndex {
  readonly scope = "cluster";
  readonly maxEntryBytes: number;
  readonly lockAge: number;
  readonly #settings: RedisIndexSettings;
  readonly #life: IndexLife;
  readonly #shards: readonly Shard[];
  readonly #waits: SettlementWaits;
  readonly #recent: RecentInvalidations;
  /** Marks what this client invalidated itself, which it need not be told. */
  readonly #origin = newEpoch();
  readonly #warnings: ((message: string) => void)[] = [];
  readonly #reopenings: ((state: IndexState) => void)[] = [];
  readonly #evictions = new Map<string, number>();
  #feed: ChangeFeed | undefined;
  #stream: RedisConnection | undefined;
  #opening: Promise<void> | undefined;
  #flushTimer: unknown;
  #closed = false;
  #workingOff = false;
  #checking: Promise<void> | undefined;

  /** Connects to nothing before {@link open}. Throws `InvalidOptionError` for unknown or impossible options. */
  constructor(options: RedisStoreIndexOptions) {
    const settings = parseRedisIndexOptions(options);
    this.#settings = settings;
    this.maxEntryBytes = settings.maxEntryBytes;
    this.lockAge = settings.lockAge;
    this.#life = new IndexLife(settings, {
      warn: (message) => this.#warn(message),
      reopened: (state) => this.#reopened(state),
    });
    this.#shards = this.#life.shards.map((keys, number) => ({
      keys,
      number,
      uses: new UseBuffer(),
      hasCuts: false,
      stateCursor: "0",
      claimCursor: "0",
    }));
    const { redis, deadline, timers, monotonic } = settings;
    this.#waits = new SettlementWaits(() => makeConnection(redis, "messages", deadline), timers, deadline);
    this.#recent = new RecentInvalidations(monotonic);
  }

  now(): number {
    return (this.#settings.clock ?? this.#life.clock.now)();
  }

  async open(): Promise<IndexState> {
    this.#opening ??= this.#connect().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    await this.#opening;
    return this.#life.state;
  }

  markClean(): Promise<void> {
    return this.#life.markClean();
  }

  async bind(storeId: string, identity: string | undefined): Promise<void> {
    const reply = await this.#insist(0, BIND, () => [storeId, identity ?? ""]);
    const bound = String(reply[1]);
    if (identity !== undefined && bound !== identity)
      throw new StoreIdConflictError(storeId, bound, identity);
  }

  async lookup(part: Part): Promise<IndexEntry | undefined> {
    const entry = await this.#find(part);
    if (entry !== undefined) this.#countUse(part, entry);
    return entry;
  }

  peek(part: Part): Promise<IndexEntry | undefined> {
    return this.#find(part);
  }

  recordAccess(part: Part, token: string, milliseconds: number): void {
    if (this.#closed) return;
    this.#shardOf(part).uses.read(partId(part), token, milliseconds);
  }

  async claim(part: Part, fresh: FreshWithin): Promise<ClaimAnswer> {
    const { storeId, key } = part;
    const shard = this.#shardOf(part);
    const { epoch } = this.#life;
    const token = newShardToken(shard.number);
    const sentAt = this.#settings.monotonic();
    const whole = part.range === undefined ? "" : wholeId(part);
    const { present, missing } = fresh;
    const reply = await this.#run(shard, CLAIM, [
      ...[token, partId(part), whole, storeId, key, String(present), String(missing)],
    ]);
    // The index was lost; the next one comes to the new one.
    if (reply === undefined) return { state: "pass", writing: false };
    switch (wordOf(reply)) {
      case "hit": {
        const entry = unpackFacts(reply[1] as Buffer, epoch, reply[2] === 2);
        this.#countUse(part, entry);
        return { state: "hit", entry };
      }
      case "fill": {
        const claimedAt = Number(reply[1]);
        this.#life.clock.sample(sentAt, claimedAt);
        return { state: "fill", claim: { token: showToken(epoch, token), part, claimedAt } };
      }
      case "wait":
        return { state: "wait", token: showToken(epoch, reply[1] as Buffer) };
      default:
        return { state: "pass", writing: wordOf(reply) === "writing" };
    }
  }

  async settled(part: Part, token: string, signal: AbortSignal): Promise<Settlement> {
    const shard = this.#shardOf(part);
    const channel = shard.keys.state;
    signal.throwIfAborted();
    const packed = this.#pack(token);
    if (packed === undefined) return { failure: undefined };
    const digits = packed.toString("hex");
    void this.#waits.listen(channel);
    for (let pause = 10; ; pause = Math.min(pause * 2, 250)) {
      signal.throwIfAborted();
      const told = this.#waits.wait(channel, digits, pause, signal);
      // Whether it is over is asked after the wait began, so that no message falls in between.
      told.catch(() => {});
      const reply = await this.#run(shard, SETTLED, [packed, partId(part)]);
      if (reply === undefined || wordOf(reply) === "over") {
        const failure = reply === undefined ? "" : String(reply[1]);
        return { failure: failure === "" ? undefined : (JSON.parse(failure) as Settlement["failure"]) };
      }
      await told;
    }
  }

  async renew(claims: readonly ClaimRef[]): Promise<readonly string[]> {
    const lost: string[] = [];
    const held = new Map<Shard, { readonly token: string; readonly args: ScriptArgument[] }[]>();
    for (const { token, part } of claims) {
      const packed = this.#pack(token);
      const shard = this.#shardOf(part);
      const args = packed && [packed, partId(part), part.storeId, part.key];
      if (args === undefined) lost.push(token);
      else held.set(shard, [...(held.get(shard) ?? []), { token, args }]);
    }
    await Promise.all(
      [...held].flatMap(([shard, all]) =>
        slices(all, CLAIMS_PER_SCRIPT).map(async (some) => {
          const reply = await this.#run(
            shard,
            RENEW,
            some.flatMap(({ args }) => args),
          );
          const places = reply === undefined ? [...some.keys()] : reply.slice(1).map(Number);
          for (const place of places) lost.push(some[place]?.token as string);
        }),
      ),
    );
    return lost;
  }

  async reserve(
    { token, part }: ClaimRef,
    want: Reservation,
  ): Promise<"reserved" | "full" | "refused" | "lost"> {
    const packed = this.#pack(token);
    if (packed === undefined) return "lost";
    const { size, weight } = want;
    const args = [packed, partId(part), part.storeId, chargeOf(want), size, String(weight)];
    const reply = await this.#run(this.#shardOf(part), RESERVE, args);
    return reply === undefined ? "lost" : (wordOf(reply) as "reserved" | "full" | "refused" | "lost");
  }

  async commit({ token, part }: ClaimRef, facts: EntryFacts): Promise<boolean> {
    const packed = this.#pack(token);
    if (packed === undefined) return false;
    const { size, checksum, age, expiresAt, cost } = facts;
    const shard = this.#shardOf(part);
    const reply = await this.#run(shard, COMMIT, [
      ...[packed, partId(part), part.storeId, part.key, part.range === undefined ? "" : rangeId(part.range)],
      ...[packFlags(facts), size, checksum, String(age), String(expiresAt), cost, packTail(facts)],
    ]);
    if (reply === undefined || wordOf(reply) !== "kept") return false;
    shard.uses.follow(Number(reply[1]));
    return true;
  }

  async confirm(
    { token, part }: ClaimRef,
    entry: Pick<IndexEntry, "token" | "whole">,
    { age, expiresAt }: ConfirmedFacts,
  ): Promise<boolean> {
    const packed = this.#pack(token);
    const confirmed = this.#pack(entry.token);
    if (packed === undefined || confirmed === undefined) return false;
    const id = partId(part);
    const holder = entry.whole ? wholeId(part) : id;
    const args = [packed, id, holder, confirmed, String(age), String(expiresAt)];
    const reply = await this.#run(this.#shardOf(part), CONFIRM, args);
    return reply !== undefined && wordOf(reply) === "kept";
  }

  async release({ token, part }: ClaimRef, outcome: ReleaseOutcome = {}): Promise<void> {
    const packed = this.#pack(token);
    if (packed === undefined) return;
    const { passFor = 0, failure } = outcome;
    const told = failure === undefined ? "" : JSON.stringify(shortened(failure));
    await this.#run(this.#shardOf(part), RELEASE, [packed, partId(part), String(passFor), told]);
  }

  async makeRoom(want?: Reservation, part?: Part): Promise<Room> {
    if (want !== undefined && part !== undefined)
      return this.#makeRoomIn(this.#shardOf(part), want, part.storeId);
    const rooms: Room[] = [];
    for (const shard of this.#shards) {
      const room = await this.#makeRoomIn(shard, want, "");
      rooms.push(room);
      // Whichever shard it is for, one of them has room.
      if (want !== undefined && room.state !== "refused") break;
    }
    const states = rooms.map(({ state }) => state);
    const state = states.includes("more") ? "more" : states.includes("done") ? "done" : "refused";
    return { state, evicted: rooms.flatMap(({ evicted }) => evicted) };
  }

  async condemn(part: Part, token: string): Promise<boolean> {
    const packed = this.#pack(token);
    if (packed === undefined) return false;
    const nonce = newShardToken(0).subarray(0, 8);
    const args = [packed, partId(part), part.storeId, part.key, nonce];
    const reply = await this.#run(this.#shardOf(part), CONDEMN, args);
    return reply !== undefined && wordOf(reply) === "condemned";
  }

  async weigh(part: Part, weight: number): Promise<"weighed" | "refused" | "absent"> {
    const args = [partId(part), part.storeId, part.key, String(weight)];
    const shard = this.#shardOf(part);
    const reply = await this.#run(shard, WEIGH, args);
    if (reply?.[1] !== undefined) shard.uses.follow(Number(reply[1]));
    return reply === undefined ? "absent" : (wordOf(reply) as "weighed" | "refused" | "absent");
  }

  async condemned(limit: number): Promise<readonly StoredName[]> {
    const { epoch, connection } = this.#life;
    const lists = await this.#life.ask(() =>
      Promise.all(this.#shards.map(({ keys }) => connection.zrangeBuffer(keys.queue, 0, limit - 1))),
    );
    return lists
      .flat()
      .slice(0, limit)
      .map((member) => ({ token: showToken(epoch, member), storeId: member.toString("latin1", 12) }));
  }

  async free(tokens: readonly string[]): Promise<void> {
    await Promise.all(
      this.#byShard(tokens).flatMap(([shard, packed]) =>
        slices(packed, TOKENS_PER_SCRIPT).map((some) =>
          this.#run(
            shard,
            FREE,
            some.map(({ bytes }) => bytes),
          ),
        ),
      ),
    );
  }

  async known(names: readonly StoredName[]): Promise<readonly boolean[]> {
    const known = names.map(() => false);
    await Promise.all(
      this.#byShard(names.map(({ token }) => token)).flatMap(([shard, packed]) =>
        slices(packed, TOKENS_PER_SCRIPT).map(async (some) => {
          const reply = await this.#run(
            shard,
            KNOWN,
            some.map(({ bytes }) => bytes),
          );
          // What a lost index knew is not known to be nobody's before the new one was asked.
          if (reply === undefined)
            throw new RedisError("refused", "The index was lost while it was asked for names.");
          const digits = String(reply[1]);
          for (const [i, { place }] of some.entries()) known[place] = digits[i] === "1";
        }),
      ),
    );
    return known;
  }

  invalidate(storeId: string, path: string): Promise<void> {
    return this.#invalidate(storeId, path, false);
  }

  async openWrite(storeId: string, key: string): Promise<ClaimRef> {
    const shard = this.#shardOf({ storeId, key });
    const token = newShardToken(shard.number);
    const reply = await this.#insist(
      shard.number,
      OPEN_WRITE,
      () => [token, storeId, key, this.#origin],
      this.#streamOf(shard),
    );
    await this.#tell(shard, storeId, key);
    return {
      token: showToken(this.#life.epoch, token),
      part: { storeId, key },
      claimedAt: Number(reply[1]),
    };
  }

  async closeWrite(intent: ClaimRef, keep: boolean): Promise<ClaimRef | undefined> {
    const { storeId, key } = intent.part;
    const shard = this.#shardOf(intent.part);
    const packed = this.#pack(intent.token);
    const token = newShardToken(shard.number);
    const reply =
      packed &&
      (await this.#run(
        shard,
        CLOSE_WRITE,
        [packed, storeId, key, keep ? 1 : 0, token, this.#origin],
        this.#streamOf(shard),
      ));
    if (reply === undefined) {
      // The index that knew of the write was lost; what came since in the new one goes all the same.
      await this.#invalidate(storeId, key, false);
      return undefined;
    }
    await this.#tell(shard, storeId, key);
    if (wordOf(reply) !== "kept") return undefined;
    return {
      token: showToken(this.#life.epoch, token),
      part: { storeId, key },
      claimedAt: Number(reply[1]),
    };
  }

  deleteStore(storeId: string): Promise<void> {
    return this.#invalidate(storeId, "/", true);
  }

  changes(since: number | undefined): Changes {
    const { epoch } = this.#life;
    const changes = this.#feed?.changes(since);
    if (changes === undefined || epoch === "") throw new Error("The index is not open: await open() first.");
    return changes;
  }

  onWarning(listener: (message: string) => void): void {
    this.#warnings.push(listener);
  }

  onReopened(listener: (state: IndexState) => void): void {
    this.#reopenings.push(listener);
  }

  async usage(storeId?: string): Promise<IndexUsage> {
    const { connection } = this.#life;
    const place = { connection, shards: this.#shards, now: this.now(), lockAge: this.lockAge };
    const usage = await this.#life.ask(() => readUsage(place, storeId));
    const evictions =
      storeId === undefined
        ? [...this.#evictions.values()].reduce((sum, count) => sum + count, 0)
        : (this.#evictions.get(storeId) ?? 0);
    return { ...usage, evictions };
  }

  async entries(query: EntryQuery): Promise<EntryPage> {
    await this.#flushUses();
    const { connection, epoch } = this.#life;
    const place = { connection, shards: this.#shards, epoch, now: () => this.now() };
    return this.#life.ask(() => listEntries(place, query));
  }

  async sweep(): Promise<SweepStep> {
    const steps = await Promise.all(
      this.#shards.map(async (shard) => {
        const reply = await this.#run(shard, SWEEP, [shard.stateCursor, shard.claimCursor]);
        if (reply === undefined) return { expired: 0, condemned: 0, more: false };
        [shard.stateCursor, shard.claimCursor] = [String(reply[4]), String(reply[5])];
        return { expired: Number(reply[1]), condemned: Number(reply[2]), more: reply[3] === 1 };
      }),
    );
    return {
      expired: steps.reduce((sum, { expired }) => sum + expired, 0),
      condemned: steps.reduce((sum, { condemned }) => sum + condemned, 0),
      more: steps.some(({ more }) => more),
    };
  }

  async verify({ repair }: { readonly repair: boolean }): Promise<readonly string[]> {
    const { connection } = this.#life;
    const findings: string[] = [];
    for (const shard of this.#shards) {
      const run = (script: Script, args: readonly ScriptArgument[]) => this.#run(shard, script, args);
      findings.push(...(await this.#life.ask(() => inspect({ connection, keys: shard.keys, run }, repair))));
    }
    return findings;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#flushUses();
    this.#closed = true;
    this.#settings.timers.clear(this.#flushTimer);
    this.#feed?.close();
    this.#stream?.disconnect();
    this.#life.close();
    await this.#waits.close();
  }

  async #connect(): Promise<void> {
    await this.#life.open();
    const { redis, deadline, coherence, monotonic, timers } = this.#settings;
    if (this.#feed === undefined) {
      const stream = await makeConnection(redis, "stream", deadline);
      await this.#life.ask(() => connected(stream, Math.max(1000, 4 * deadline)));
      this.#stream = stream;
      const options = {
        connection: stream,
        stream: (this.#shards[0] as Shard).keys.stream,
        origin: this.#origin,
        coherence,
        monotonic,
        timers,
        onHeard: () => this.#lookAfterServers(),
      };
      this.#feed = new ChangeFeed(options, this.#life.place);
    }
    for (let round = 0; round < EVICTION_ROUNDS_AT_OPEN; round++)
      if (!(await this.#isOverfull()) || (await this.makeRoom()).state === "done") break;
    void this.#workOffCuts();
  }

  async #isOverfull(): Promise<boolean> {
    const { bytes, condemnedBytes, maxBytes, entries, maxEntries } = await this.usage();
    return bytes - condemnedBytes > maxBytes || entries > maxEntries;
  }

  #find(part: Part): Promise<IndexEntry | undefined> {
    const { connection, epoch } = this.#life;
    return findEntry(connection, this.#shardOf(part), epoch, part, this.#lookupEvents);
  }

  readonly #lookupEvents = {
    tag: (error: unknown) => tagRedisError(error, this.#settings.deadline),
    lost: (epoch: string) => void this.#life.lost(epoch).catch(() => {}),
  };

  #countUse(part: Part, entry: IndexEntry): void {
    if (this.#closed) return;
    const { uses } = this.#shardOf(part);
    uses.use(entry.whole ? wholeId(part) : partId(part), entry.token, this.now());
    // Once a second at most, and so many: whoever looks up more than that loses some, but does not keep Redis busy.
    this.#flushTimer ??= this.#settings.timers.set(
      () => {
        this.#flushTimer = undefined;
        void this.#flushUses();
      },
      FLUSH_MILLISECONDS,
      { background: true },
    );
  }

  /** Tells Redis the uses of this client; those that cannot be told are dropped. */
  async #flushUses(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => this.#flushUsesOf(shard)));
  }

  async #flushUsesOf(shard: Shard): Promise<void> {
    try {
      while (!shard.uses.isEmpty && !this.#closed) {
        const reply = await this.#run(shard, COUNT_USES, shard.uses.take(), [this.#replyKey(shard)]);
        if (reply !== undefined) shard.uses.follow(Number(reply[1]));
      }
    } catch {
      // Uses that are lost make some entries look a little older than they are.
    }
  }

  async #makeRoomIn(shard: Shard, want: Reservation | undefined, storeId: string): Promise<Room> {
    await this.#flushUsesOf(shard);
    const args = want === undefined ? ["", 0, 0, ""] : [chargeOf(want), want.cost, want.weight, storeId];
    const { epoch } = this.#life;
    const reply = await this.#run(shard, MAKE_ROOM, args, [this.#replyKey(shard)]);
    if (reply === undefined) return { state: "done", evicted: [] };
    const evicted: StoredName[] = [];
    for (let i = 1; i + 1 < reply.length; i += 2) {
      const owner = String(reply[i + 1]);
      evicted.push({ storeId: owner, token: showToken(epoch, reply[i] as Buffer) });
      this.#evictions.set(owner, (this.#evictions.get(owner) ?? 0) + 1);
    }
    return { state: wordOf(reply) as Room["state"], evicted };
  }

  /** Drops a path in every shard, tells the tiers above, and works the cuts off behind the answer. */
  async #invalidate(storeId: string, path: string, forget: boolean): Promise<void> {
    const drop = async (shard: Shard) => {
      const more = [this.#replyKey(shard), ...this.#streamOf(shard)];
      const args = [storeId, path, this.#origin, forget && shard.number === 0 ? 1 : 0];
      return wordOf(await this.#insist(shard.number, INVALIDATE, () => args, more));
    };
    // The shard with the stream comes last: who hears of it must find all others cut.
    const [first, ...others] = this.#shards as readonly [Shard, ...Shard[]];
    const words = [...(await Promise.all(others.map(drop))), await drop(first)];
    this.#recent.add(storeId, path);
    await this.#replicated();
    if (words.includes("more")) void this.#workOffCuts();
  }

  /** Appends to the stream what was dropped in a shard that does not have it. */
  async #tell(shard: Shard, storeId: string, path: string): Promise<void> {
    this.#recent.add(storeId, path);
    const first = this.#shards[0] as Shard;
    if (shard !== first)
      await this.#insist(0, ANNOUNCE, () => [storeId, path, this.#origin], [
        this.#replyKey(first),
        ...this.#streamOf(first),
      ]);
    await this.#replicated();
  }

  /** Waits until one replica has what was dropped, or not longer than the deadline. */
  async #replicated(): Promise<void> {
    if (!this.#life.isReplicated) return;
    const milliseconds = Math.max(1, Math.floor(this.#settings.deadline / 2));
    await Promise.allSettled(nodesOf(this.#life.connection).map((node) => node.wait(1, milliseconds)));
  }

  /** After a restart or a failover, which may have lost the last moment, what was dropped lately is dropped again. */
  #lookAfterServers(): void {
    this.#checking ??= this.#dropAgainIfChanged()
      .catch(() => {})
      .finally(() => {
        this.#checking = undefined;
      });
  }

  async #dropAgainIfChanged(): Promise<void> {
    if (this.#closed || !(await this.#life.haveServersChanged())) return;
    this.#feed?.lose();
    for (const { storeId, path } of this.#recent.all()) await this.#invalidate(storeId, path, false);
  }

  async #workOffCuts(): Promise<void> {
    if (this.#workingOff) return;
    this.#workingOff = true;
    try {
      while (!this.#closed && (await this.sweep()).more);
    } catch {
      // The cuts stay in force; whoever sweeps goes on.
    } finally {
      this.#workingOff = false;
    }
  }

  #reopened(state: IndexState): void {
    for (const { uses } of this.#shards) uses.clear();
    this.#feed?.restart(this.#life.place);
    this.#waits.wakeAll();
    for (const listener of this.#reopenings) listener(state);
  }

  #warn(message: string): void {
    this.#settings.warn(message);
    for (const listener of this.#warnings) listener(message);
  }

  #run(
    shard: Shard,
    script: Script,
    args: readonly ScriptArgument[],
    moreKeys?: readonly string[],
  ): Promise<ScriptReply | undefined> {
    return this.#life.run(shard.number, script, args, moreKeys);
  }

  /** Runs a script that must be done whichever life the index is in. */
  async #insist(
    shard: number,
    script: Script,
    args: () => readonly ScriptArgument[],
    moreKeys?: readonly string[],
  ): Promise<ScriptReply> {
    for (let life = 0; life < LIVES; life++) {
      const reply = await this.#life.run(shard, script, args(), moreKeys);
      if (reply !== undefined) return reply;
    }
    throw new RedisError("refused", "Redis lost the index again and again.");
  }

  #shardOf(part: Pick<Part, "storeId" | "key">): Shard {
    return this.#shards[shardOf(part, this.#shards.length)] as Shard;
  }

  #pack(token: string): Buffer | undefined {
    return packToken(token, this.#life.epoch, this.#shards.length);
  }

  #byShard(tokens: readonly string[]): [Shard, { readonly bytes: Buffer; readonly place: number }[]][] {
    const found = new Map<Shard, { readonly bytes: Buffer; readonly place: number }[]>();
    for (const [place, token] of tokens.entries()) {
      const bytes = this.#pack(token);
      if (bytes === undefined) continue;
      const shard = this.#shards[bytes[0] as number] as Shard;
      const list = found.get(shard) ?? [];
      found.set(shard, list);
      list.push({ bytes, place });
    }
    return [...found];
  }

  #replyKey({ keys }: { readonly keys: ShardKeys }): string {
    return keys.replyOf(newShardToken(0).toString("hex"));
  }

  #streamOf(shard: Shard): readonly string[] {
    return shard.number === 0 ? [shard.keys.stream] : [];
  }
}

function wholeId({ storeId, key }: Part): string {
  return `${storeId}\n${key}\n`;
}

function chargeOf({ footprint }: Reservation): number {
  return footprint + REDIS_ENTRY_OVERHEAD;
}

const MOST_FAILURE_TEXT = 1000;

function shortened({ name, message }: { readonly name: string; readonly message: string }) {
  return { name: name.slice(0, MOST_FAILURE_TEXT), message: message.slice(0, MOST_FAILURE_TEXT) };
}

function slices<T>(all: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let i = 0; i < all.length; i += size) parts.push(all.slice(i, i + size));
  return parts;
}
