import { StoreIdConflictError } from "../errors.ts";
import type { Part } from "../part.ts";
import type {
  Changes,
  ClaimAnswer,
  ClaimRef,
  ConfirmedFacts,
  CopiesAbove,
  CopiesContext,
  EntryFacts,
  EntryPage,
  EntryQuery,
  FollowedChanges,
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
import { settled } from "./claim-settlement.ts";
import { connected, makeConnection, type RedisConnection } from "./connection.ts";
import { listEntries } from "./entry-listing.ts";
import { findEntry } from "./entry-lookup.ts";
import { EvictionSteps } from "./eviction-steps.ts";
import { FillSteps } from "./fill-steps.ts";
import { giveBack } from "./giving-back.ts";
import { IndexLife } from "./index-life.ts";
import { readUsage } from "./index-usage.ts";
import { inspect } from "./index-verification.ts";
import { InvalidationSteps } from "./invalidation-steps.ts";
import { LastingCopies } from "./lasting-copies.ts";
import { BIND } from "./lua/index-scripts.ts";
import { readMissed } from "./missed-messages.ts";
import { tagRedisError } from "./redis-error.ts";
import {
  parseRedisIndexOptions,
  type RedisIndexSettings,
  type RedisStoreIndexOptions,
} from "./redis-index-options.ts";
import { repay } from "./repaying.ts";
import type { Script, ScriptArgument } from "./script.ts";
import { SettlementWaits } from "./settlement-waits.ts";
import { Shards } from "./shards.ts";
import { Sweeping } from "./sweeping.ts";
import { UseFlushing } from "./use-flushing.ts";

const EVICTION_ROUNDS_AT_OPEN = 16;

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
  readonly #shards: Shards;
  readonly #uses: UseFlushing;
  readonly #fills: FillSteps;
  readonly #room: EvictionSteps;
  readonly #invalidations: InvalidationSteps;
  readonly #sweeping: Sweeping;
  readonly #waits: SettlementWaits;
  readonly #origin = newEpoch();
  readonly #warnings: ((message: string) => void)[] = [];
  readonly #reopenings: ((state: IndexState) => void)[] = [];
  #feed: ChangeFeed | undefined;
  #stream: RedisConnection | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;
  #checking: Promise<void> | undefined;

  /** Connects to nothing before {@link open}. Throws `InvalidOptionError` for unknown or impossible options. */
  constructor(options: RedisStoreIndexOptions) {
    const settings = parseRedisIndexOptions(options);
    const { redis, deadline, timers, monotonic } = settings;
    this.#settings = settings;
    this.maxEntryBytes = settings.maxEntryBytes;
    this.lockAge = settings.lockAge;
    this.#life = new IndexLife(settings, {
      warn: (message) => this.#warn(message),
      reopened: (state) => this.#reopened(state),
    });
    this.#shards = new Shards(this.#life);
    this.#uses = new UseFlushing(this.#shards, timers);
    this.#room = new EvictionSteps(this.#shards, this.#uses);
    this.#sweeping = new Sweeping(this.#shards, (storeId, key) =>
      this.#invalidations.dropForDead(storeId, key),
    );
    this.#fills = new FillSteps(this.#shards, {
      monotonic,
      now: () => this.now(),
      onHit: (part, entry) => this.#uses.use(part, entry, this.now()),
      giveBack: (release) => void giveBack(release, settings.lockAge, timers),
    });
    this.#invalidations = new InvalidationSteps(this.#shards, {
      origin: this.#origin,
      deadline,
      monotonic,
      onCuts: () => void this.#sweeping.workOffCuts(),
    });
    this.#waits = new SettlementWaits(() => makeConnection(redis, "messages", deadline), timers, deadline);
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

  repay(purger: string, repaid: number): Promise<"held" | "busy" | "clean"> {
    const { connection, shards } = this.#life;
    const heads = () =>
      this.#life.ask(() => Promise.all(shards.map(({ books }) => connection.hgetBuffer(books, "h"))));
    const run = (shard: number, script: Script, args: readonly ScriptArgument[]) =>
      this.#life.run(shard, script, args);
    return repay({ heads, run }, purger, repaid);
  }

  async bind(storeId: string, identity: string | undefined): Promise<void> {
    const reply = await this.#shards.insist(this.#shards.first, BIND, () => [storeId, identity ?? ""]);
    const bound = String(reply[1]);
    if (identity !== undefined && bound !== identity)
      throw new StoreIdConflictError(storeId, bound, identity);
  }

  async lookup(part: Part): Promise<IndexEntry | undefined> {
    const entry = await this.peek(part);
    if (entry !== undefined) this.#uses.use(part, entry, this.now());
    return entry;
  }

  async peek(part: Part): Promise<IndexEntry | undefined> {
    const { connection, epoch, clock } = this.#life;
    const entry = await findEntry(connection, this.#shards.of(part), epoch, part, this.#lookupEvents);
    if (entry !== undefined) clock.hasBeen(entry.fetchedAt);
    return entry;
  }

  recordAccess(part: Part, token: string, milliseconds: number): void {
    this.#uses.read(part, token, milliseconds);
  }

  claim(part: Part, fresh: FreshWithin): Promise<ClaimAnswer> {
    return this.#fills.claim(part, fresh);
  }

  settled(part: Part, token: string, signal: AbortSignal): Promise<Settlement> {
    return settled(this.#shards, this.#waits, part, token, signal);
  }

  renew(claims: readonly ClaimRef[]): Promise<readonly string[]> {
    return this.#fills.renew(claims);
  }

  reserve(claim: ClaimRef, want: Reservation): Promise<"reserved" | "full" | "refused" | "lost"> {
    return this.#fills.reserve(claim, want);
  }

  commit(claim: ClaimRef, facts: EntryFacts): Promise<boolean> {
    return this.#fills.commit(claim, facts);
  }

  confirm(
    claim: ClaimRef,
    entry: Pick<IndexEntry, "token" | "whole">,
    facts: ConfirmedFacts,
  ): Promise<boolean> {
    return this.#fills.confirm(claim, entry, facts);
  }

  letPass(claim: ClaimRef): Promise<void> {
    return this.#fills.letPass(claim);
  }

  release(claim: ClaimRef, outcome?: ReleaseOutcome): Promise<void> {
    return this.#fills.release(claim, outcome);
  }

  makeRoom(want?: Reservation, part?: Part): Promise<Room> {
    return this.#room.makeRoom(want, part);
  }

  condemn(part: Part, token: string): Promise<boolean> {
    return this.#room.condemn(part, token);
  }

  weigh(part: Part, weight: number): Promise<"weighed" | "refused" | "absent"> {
    return this.#room.weigh(part, weight);
  }

  condemned(limit: number): Promise<readonly StoredName[]> {
    return this.#room.condemned(limit);
  }

  free(tokens: readonly string[]): Promise<void> {
    return this.#room.free(tokens);
  }

  known(names: readonly StoredName[]): Promise<readonly boolean[]> {
    return this.#room.known(names);
  }

  invalidate(storeId: string, path: string): Promise<void> {
    return this.#invalidations.invalidate(storeId, path, false);
  }

  openWrite(storeId: string, key: string): Promise<ClaimRef> {
    return this.#invalidations.openWrite(storeId, key);
  }

  closeWrite(intent: ClaimRef, keep: boolean): Promise<ClaimRef | undefined> {
    return this.#invalidations.closeWrite(intent, keep);
  }

  deleteStore(storeId: string): Promise<void> {
    return this.#invalidations.invalidate(storeId, "/", true);
  }

  changes(since: number | undefined): Changes {
    const { epoch } = this.#life;
    const changes = this.#feed?.changes(since);
    if (changes === undefined || epoch === "") throw new Error("The index is not open: await open() first.");
    return changes;
  }

  copiesAbove(context: CopiesContext, below: FollowedChanges): CopiesAbove {
    const missed = (position: string) => {
      const { connection, place } = this.#life;
      const { stream } = this.#shards.first.keys;
      return this.#life.ask(() => readMissed(connection, stream, place, position));
    };
    const position = () => this.#feed?.position;
    return new LastingCopies(context, below, { missed, position, monotonic: this.#settings.monotonic });
  }

  onWarning(listener: (message: string) => void): void {
    this.#warnings.push(listener);
  }

  onReopened(listener: (state: IndexState) => void): void {
    this.#reopenings.push(listener);
  }

  async usage(storeId?: string): Promise<IndexUsage> {
    const place = {
      connection: this.#life.connection,
      shards: this.#shards.all,
      now: this.now(),
      lockAge: this.lockAge,
    };
    const usage = await this.#life.ask(() => readUsage(place, storeId));
    const maxBytes = usage.maxBytes + this.#settings.setAside;
    return { ...usage, maxBytes, evictions: this.#room.countOf(storeId) };
  }

  async entries(query: EntryQuery): Promise<EntryPage> {
    await this.#uses.flush();
    const { connection, epoch } = this.#life;
    const place = { connection, shards: this.#shards.all, epoch, now: () => this.now() };
    return this.#life.ask(() => listEntries(place, query));
  }

  sweep(): Promise<SweepStep> {
    return this.#sweeping.step();
  }

  async verify({ repair }: { readonly repair: boolean }): Promise<readonly string[]> {
    const { connection } = this.#life;
    const findings: string[] = [];
    for (const shard of this.#shards.all) {
      const run = (script: Script, args: readonly ScriptArgument[]) => this.#shards.run(shard, script, args);
      findings.push(...(await this.#life.ask(() => inspect({ connection, keys: shard.keys, run }, repair))));
    }
    return findings;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#uses.flush();
    this.#closed = true;
    this.#uses.stop();
    this.#sweeping.stop();
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
        stream: this.#shards.first.keys.stream,
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
    await this.#keepQuotas();
    void this.#sweeping.workOffCuts();
  }

  async #isOverfull(): Promise<boolean> {
    const { bytes, condemnedBytes, maxBytes, entries, maxEntries } = await this.usage();
    return bytes - condemnedBytes > maxBytes - this.#settings.setAside || entries > maxEntries;
  }

  /** Quotas may have been lowered: what is too much goes, some of it at once and the rest behind the opening. */
  async #keepQuotas(): Promise<void> {
    for (const [storeId] of this.#settings.quotas) {
      if (await this.#room.lowerStore(storeId, EVICTION_ROUNDS_AT_OPEN)) continue;
      const goOn = async () => {
        while (!this.#closed && !(await this.#room.lowerStore(storeId, Number.POSITIVE_INFINITY)));
      };
      // Whoever opens the index next goes on, should this fail.
      void goOn().catch(() => {});
    }
  }

  readonly #lookupEvents = {
    tag: (error: unknown) => tagRedisError(error, this.#settings.deadline),
    lost: (epoch: string) => void this.#life.lost(epoch).catch(() => {}),
  };

  #lookAfterServers(): void {
    this.#checking ??= this.#dropWhatIsOwed()
      .catch(() => {})
      .finally(() => {
        this.#checking = undefined;
      });
  }

  async #dropWhatIsOwed(): Promise<void> {
    if (this.#closed) return;
    if (await this.#life.haveServersChanged()) {
      this.#feed?.lose();
      this.#invalidations.oweAgain();
    }
    await this.#invalidations.settle();
  }

  #reopened(state: IndexState): void {
    this.#uses.clear();
    this.#feed?.restart(this.#life.place);
    this.#waits.wakeAll();
    for (const listener of this.#reopenings) listener(state);
  }

  #warn(message: string): void {
    this.#settings.warn(message);
    for (const listener of this.#warnings) listener(message);
  }
}
