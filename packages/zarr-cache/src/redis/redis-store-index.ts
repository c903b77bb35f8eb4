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
import { keepBounds } from "./bounds-at-opening.ts";
import { settled } from "./claim-settlement.ts";
import { makeConnection } from "./connection.ts";
import { findEntry } from "./entry-lookup.ts";
import { EvictionSteps } from "./eviction-steps.ts";
import { FillSteps } from "./fill-steps.ts";
import { Following } from "./following.ts";
import { giveBack } from "./giving-back.ts";
import { IndexLife } from "./index-life.ts";
import { IndexSurvey } from "./index-survey.ts";
import { InvalidationSteps } from "./invalidation-steps.ts";
import { tagRedisError } from "./redis-error.ts";
import {
  parseRedisIndexOptions,
  type RedisIndexSettings,
  type RedisStoreIndexOptions,
} from "./redis-index-options.ts";
import { SettlementWaits } from "./settlement-waits.ts";
import { Shards } from "./shards.ts";
import { Sweeping } from "./sweeping.ts";
import { UseFlushing } from "./use-flushing.ts";

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
  readonly #following: Following;
  readonly #survey: IndexSurvey;
  readonly #warnings: ((message: string) => void)[] = [];
  readonly #reopenings: ((state: IndexState) => void)[] = [];
  #opening: Promise<void> | undefined;
  #closed = false;

  /** Connects to nothing before {@link open}. Throws `InvalidOptionError` for unknown or impossible options. */
  constructor(options: RedisStoreIndexOptions) {
    const settings = parseRedisIndexOptions(options);
    const { redis, deadline, timers, monotonic } = settings;
    const origin = newEpoch();
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
      origin,
      deadline,
      monotonic,
      onCuts: () => void this.#sweeping.workOffCuts(),
    });
    this.#waits = new SettlementWaits(() => makeConnection(redis, "messages", deadline), timers, deadline);
    const parts = { settings, life: this.#life, shards: this.#shards };
    this.#following = new Following({ ...parts, invalidations: this.#invalidations, origin });
    const now = () => this.now();
    this.#survey = new IndexSurvey({ ...parts, uses: this.#uses, room: this.#room, now });
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
    return this.#survey.repay(purger, repaid);
  }

  bind(storeId: string, identity: string | undefined): Promise<void> {
    return this.#invalidations.bind(storeId, identity);
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
    return this.#following.changes(since);
  }

  copiesAbove(context: CopiesContext, below: FollowedChanges): CopiesAbove {
    return this.#following.copiesAbove(context, below);
  }

  onWarning(listener: (message: string) => void): void {
    this.#warnings.push(listener);
  }

  onReopened(listener: (state: IndexState) => void): void {
    this.#reopenings.push(listener);
  }

  usage(storeId?: string): Promise<IndexUsage> {
    return this.#survey.usage(storeId);
  }

  entries(query: EntryQuery): Promise<EntryPage> {
    return this.#survey.entries(query);
  }

  sweep(): Promise<SweepStep> {
    return this.#sweeping.step();
  }

  verify(options: { readonly repair: boolean }): Promise<readonly string[]> {
    return this.#survey.verify(options);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#uses.flush();
    this.#closed = true;
    this.#uses.stop();
    this.#sweeping.stop();
    this.#following.close();
    this.#life.close();
    await this.#waits.close();
  }

  async #connect(): Promise<void> {
    await this.#life.open();
    await this.#following.open();
    await keepBounds({
      settings: this.#settings,
      room: this.#room,
      usage: () => this.usage(),
      isClosed: () => this.#closed,
    });
    void this.#sweeping.workOffCuts();
  }

  readonly #lookupEvents = {
    tag: (error: unknown) => tagRedisError(error, this.#settings.deadline),
    lost: (epoch: string) => void this.#life.lost(epoch).catch(() => {}),
  };

  #reopened(state: IndexState): void {
    this.#uses.clear();
    this.#following.restart();
    this.#waits.wakeAll();
    for (const listener of this.#reopenings) listener(state);
  }

  #warn(message: string): void {
    this.#settings.warn(message);
    for (const listener of this.#warnings) listener(message);
  }
}
