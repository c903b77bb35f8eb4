import { resolve } from "node:path";
import { ClosedError, InvalidOptionError, StoreIdConflictError } from "../errors.ts";
import { type Part, partId, wholeId } from "../part.ts";
import type {
  Changes,
  ClaimAnswer,
  ClaimRef,
  ConfirmedFacts,
  EntryFacts,
  EntryPage,
  EntryQuery,
  FreshWithin,
  HeardPosition,
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
import { ClaimWaiters } from "./claim-waiters.ts";
import { CutList } from "./cut-list.ts";
import { expandHome } from "./directory-pattern.ts";
import { readPage } from "./entry-pages.ts";
import { makeRoom } from "./eviction-steps.ts";
import { claim, commit, confirm, letPass, release, reserve, weigh } from "./fill-steps.ts";
import { fitsKey, getJson, keysUnder, putJson } from "./index-tables.ts";
import { inspect } from "./index-verification.ts";
import type { IndexView } from "./index-view.ts";
import { changesSince, drop } from "./invalidation-steps.ts";
import type { Ledger, StoreRecord } from "./ledger.ts";
import { markClean, repay } from "./leftover-steps.ts";
import { type IndexLife, LIFE_KEY } from "./lmdb-environment.ts";
import {
  DEFAULT_MAX_BYTES,
  type LmdbIndexSettings,
  type LmdbStoreIndexOptions,
  parseLmdbIndexOptions,
} from "./lmdb-index-options.ts";
import { assertLocalFileSystem } from "./network-file-system.ts";
import { type IndexMemory, OpenIndex } from "./open-index.ts";
import { renew, type SweepPlace, sweep } from "./sweep-steps.ts";
import { UseFlushing } from "./use-flushing.ts";
import { closeWrite, openWrite } from "./write-steps.ts";

const EVICTION_ROUNDS_AT_OPEN = 16;
const REPAIRS_PER_STEP = 500;
const HEARD_KEY = "h";

/**
 * Knows what is cached in a directory, for all processes of one machine: an LMDB environment in `directory`.
 *
 * **Tables.** `entries` (part id → entry), `order` (rank and statistics → part id), `names` (token → what it is charged)
 * and `state`, whose keys begin with a letter that says what they are: `0` head, `l` epoch, `s` store, `k` claim,
 * `i` write intent, `p` pass mark, `f` failure, `v` revoked reservation, `q` queue of the condemned, `c` cut,
 * `r` ring of invalidations,
 * `u` what an earlier life left, `h` how far the tier has heard of what was dropped below it.
 *
 * **A token's life.** claim → reserved (charged: `held`) → entry (`held`) → condemned (`condemned`, still charged)
 * → freed. A reservation that is taken away while its owner may still write is `revoked` until the owner gives it up
 * or was not heard of for `lockAge`; then it is condemned. Whatever is charged has a name, so charges cannot get lost.
 *
 * **Writing.** Every change is one asynchronous transaction with a deadline, see `deadline-transactions.ts`; counts
 * change with what they count, in `ledger.ts` and `name-book.ts`. Transactions are visible when they are acknowledged,
 * and flushed to the disk behind that (LMDB's overlapping sync): killing the process loses nothing, and after a power loss LMDB goes back
 * to the last state that was flushed whole, which it tells by the boot id. That loses entries, whose bytes are then
 * orphans, and can bring back entries whose bytes are gone; both heal. It must not bring back what was invalidated, so
 * invalidations and write intents are acknowledged only when they are on the disk. Without syncing at all
 * (`noSync`) a sequential transaction takes 170 µs instead of 400 µs, but a power loss would leave any mixture of pages.
 *
 * **Reading** takes no lock and no transaction of its own, see `index-view.ts`.
 */
export class LmdbStoreIndex implements StoreIndex {
  readonly scope = "machine";
  readonly #directory: string;
  readonly #settings: LmdbIndexSettings;
  readonly #uses: UseFlushing;
  readonly #waiters: ClaimWaiters;
  readonly #memory: IndexMemory;
  readonly #sweepPlace: SweepPlace = { after: undefined };
  readonly #warnings: ((message: string) => void)[] = [];
  readonly #shrinks: (() => void)[] = [];
  #open: OpenIndex | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;
  #evictions = 0;

  /** Creates nothing before {@link open}. Throws `InvalidOptionError` for unknown or impossible options. */
  constructor(directory: string, options: LmdbStoreIndexOptions = {}) {
    if (typeof directory !== "string" || directory === "")
      throw new InvalidOptionError("directory", directory, "the path of a local directory");
    this.#directory = resolve(expandHome(directory));
    const settings = parseLmdbIndexOptions(options);
    this.#settings = settings;
    this.#uses = new UseFlushing((step) => this.#changeBehind(step), settings.timers);
    this.#waiters = new ClaimWaiters(settings.timers);
    const head = { serial: 0, cutsVersion: -1, tick: 0, maxEntryBytes: 0, condemned: 0 };
    const onShrink = () => {
      for (const listener of this.#shrinks) listener();
    };
    this.#memory = { cuts: new CutList(), head, origin: newEpoch(), onShrink };
  }

  get maxEntryBytes(): number {
    const { maxEntryBytes, maxBytes = DEFAULT_MAX_BYTES } = this.#settings;
    return this.#memory.head.maxEntryBytes || (maxEntryBytes ?? Math.floor(maxBytes / 8));
  }

  get lockAge(): number {
    return this.#settings.lockAge;
  }

  now(): number {
    return this.#settings.clock();
  }

  async open(): Promise<IndexState> {
    if (this.#closed) throw new ClosedError("The index");
    this.#opening ??= this.#connect().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    await this.#opening;
    const { epoch, clean } = getJson<IndexLife>(this.#view.tables.state, LIFE_KEY) as IndexLife;
    return { epoch, clean };
  }

  async markClean(): Promise<void> {
    await this.#change(markClean);
  }

  repay(purger: string, repaid: number): Promise<"held" | "busy" | "clean"> {
    return this.#change((ledger) => repay(ledger, purger, repaid));
  }

  async bind(storeId: string, identity: string | undefined): Promise<void> {
    const known = getJson<StoreRecord>(this.#view.tables.state, `s${storeId}`)?.identity;
    if (identity === undefined || known === identity) return;
    const bound = await this.#change((ledger) => {
      const store = ledger.store(storeId);
      store.identity ??= identity;
      return store.identity;
    });
    if (bound !== identity) throw new StoreIdConflictError(storeId, bound, identity);
  }

  lookup(part: Part): IndexEntry | undefined {
    const id = partId(part);
    const entry = this.#opened.find(part, id);
    if (entry !== undefined) this.#countUse(entry.whole ? wholeId(part) : id, entry.token);
    return entry;
  }

  peek(part: Part): IndexEntry | undefined {
    return this.#opened.find(part, partId(part));
  }

  recordAccess(part: Part, token: string, milliseconds: number): void {
    if (!this.#closed) this.#uses.read(partId(part), token, milliseconds);
  }

  async claim(part: Part, fresh: FreshWithin): Promise<ClaimAnswer> {
    if (!fitsKey(partId(part))) return { state: "pass", writing: false };
    const answer = await this.#change((ledger) => claim(ledger, part, fresh));
    if (answer.state === "hit")
      this.#countUse(answer.entry.whole ? wholeId(part) : partId(part), answer.entry.token);
    return answer;
  }

  async settled(part: Part, token: string, signal: AbortSignal): Promise<Settlement> {
    const id = partId(part);
    for (let pause = 5; ; pause = Math.min(pause * 2, 50)) {
      signal.throwIfAborted();
      const { view } = this.#opened;
      if (!view.isClaimedBy(id, token))
        return { failure: getJson<Settlement>(view.tables.state, `f${token}`)?.failure };
      await this.#waiters.pause(token, pause, signal);
    }
  }

  async renew(tokens: readonly ClaimRef[]): Promise<readonly string[]> {
    return tokens.length === 0 ? [] : this.#change((ledger) => renew(ledger, tokens));
  }

  reserve(ref: ClaimRef, want: Reservation): Promise<"reserved" | "full" | "refused" | "lost"> {
    return this.#changeBehind((ledger) => reserve(ledger, ref, want));
  }

  async commit(ref: ClaimRef, facts: EntryFacts): Promise<boolean> {
    const kept = await this.#changeBehind((ledger) => commit(ledger, ref, facts));
    this.#waiters.wake(ref.token);
    return kept;
  }

  confirm(
    ref: ClaimRef,
    entry: Pick<IndexEntry, "token" | "whole">,
    facts: ConfirmedFacts,
  ): Promise<boolean> {
    return this.#change((ledger) => confirm(ledger, ref, entry, facts));
  }

  async letPass(ref: ClaimRef): Promise<void> {
    await this.#change((ledger) => letPass(ledger, ref));
    this.#waiters.wake(ref.token);
  }

  async release(ref: ClaimRef, outcome: ReleaseOutcome = {}): Promise<void> {
    await this.#change((ledger) => release(ledger, ref, outcome));
    this.#waiters.wake(ref.token);
  }

  async makeRoom(want?: Reservation): Promise<Room> {
    const room = await this.#changeBehind((ledger) => {
      this.#uses.flushInto(ledger);
      return makeRoom(ledger, want);
    });
    this.#evictions += room.evicted.length;
    return room;
  }

  condemn(part: Part, token: string): Promise<boolean> {
    return this.#change((ledger) => {
      const id = partId(part);
      const entry = ledger.visibleEntry(id);
      if (entry?.token !== token) return false;
      ledger.condemnEntry(id, entry);
      return true;
    });
  }

  weigh(part: Part, weight: number): Promise<"weighed" | "refused" | "absent"> {
    return this.#change((ledger) => weigh(ledger, part, weight));
  }

  condemned(limit: number): readonly StoredName[] {
    return this.#opened.view.condemned(limit);
  }

  async free(tokens: readonly string[]): Promise<void> {
    if (tokens.length === 0) return;
    await this.#changeBehind((ledger) => {
      for (const token of tokens) ledger.names.free(token);
    });
  }

  known(names: readonly StoredName[]): readonly boolean[] {
    const view = this.#view;
    return names.map(({ storeId, token }) => view.nameOf(token)?.storeId === storeId);
  }

  async invalidate(storeId: string, path: string): Promise<void> {
    await this.#change((ledger) => drop(ledger, storeId, path, false));
    await this.#open?.flushed();
    void this.#open?.workOffCuts();
  }

  async openWrite(storeId: string, key: string): Promise<ClaimRef> {
    const intent = await this.#change((ledger) => openWrite(ledger, storeId, key));
    await this.#open?.flushed();
    return intent;
  }

  async closeWrite(intent: ClaimRef, keep: boolean): Promise<ClaimRef | undefined> {
    const claim = await this.#change((ledger) => closeWrite(ledger, intent, keep));
    await this.#open?.flushed();
    return claim;
  }

  async deleteStore(storeId: string): Promise<void> {
    await this.#change((ledger) => {
      drop(ledger, storeId, "/", false);
      delete ledger.store(storeId).identity;
    });
    await this.#open?.flushed();
    void this.#open?.workOffCuts();
  }

  changes(since: number | undefined): Changes {
    const { tables, head } = this.#view;
    return changesSince(tables, head.serial, since, this.#memory.origin);
  }

  get heard(): HeardPosition {
    return {
      read: async () => {
        await this.open();
        return getJson<string>(this.#view.tables.state, HEARD_KEY);
      },
      keep: (position) => this.#changeBehind(({ tables }) => putJson(tables.state, HEARD_KEY, position)),
      storeIds: () =>
        keysUnder(this.#view.tables.state, "s", Number.POSITIVE_INFINITY).map((key) => key.slice(1)),
    };
  }

  onWarning(listener: (message: string) => void): void {
    this.#warnings.push(listener);
  }

  onShrink(listener: () => void): void {
    this.#shrinks.push(listener);
  }

  usage(storeId?: string): IndexUsage {
    return { ...this.#opened.view.usage(storeId), evictions: this.#evictions };
  }

  async entries(query: EntryQuery): Promise<EntryPage> {
    const view = this.#view;
    await this.#uses.flush((step) => this.#change(step));
    const { tables } = this.#view;
    const { cuts } = this.#memory;
    return readPage({ tables, cuts, now: () => this.now(), refresh: () => view.refresh() }, query);
  }

  sweep(): Promise<SweepStep> {
    // What the dead read holds no page any more, so that the file need not grow.
    this.#view.tables.root.readerCheck();
    return this.#change((ledger) => sweep(ledger, this.#sweepPlace));
  }

  async verify({ repair }: { readonly repair: boolean }): Promise<readonly string[]> {
    const { tables } = this.#view;
    const findings = await inspect(tables, this.#opened.terms.epoch);
    for (let i = 0; repair && i < findings.length; i += REPAIRS_PER_STEP)
      await this.#change((ledger) => {
        for (const finding of findings.slice(i, i + REPAIRS_PER_STEP)) finding.repair(ledger);
      });
    return findings.map(({ line }) => line);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#opening?.catch(() => {});
    const open = this.#open;
    await this.#uses.flush((step) => this.#change(step));
    this.#closed = true;
    this.#open = undefined;
    this.#uses.stop();
    this.#waiters.wakeAll();
    await open?.release();
  }

  async #connect(): Promise<void> {
    const settings = this.#settings;
    assertLocalFileSystem(this.#directory, settings.fileSystems);
    const warn = (message: string) => {
      settings.warn(message);
      for (const listener of this.#warnings) listener(message);
    };
    const open = await OpenIndex.in(this.#directory, { ...settings, warn }, this.#memory);
    this.#open = open;
    try {
      await open.setBounds();
      for (let round = 0; round < EVICTION_ROUNDS_AT_OPEN; round++)
        if (!open.view.isOverfull() || (await this.makeRoom()).state === "done") break;
    } catch (error) {
      this.#open = undefined;
      await open.release();
      throw error;
    }
    void open.workOffCuts();
  }

  get #opened(): OpenIndex {
    if (this.#closed) throw new ClosedError("The index");
    if (this.#open === undefined) throw new Error("The index is not open: await open() first.");
    return this.#open;
  }

  /** The latest state. */
  get #view(): IndexView {
    const { view } = this.#opened;
    view.renew();
    return view;
  }

  #countUse(id: string, token: string): void {
    this.#uses.use(id, token, this.#settings.clock, this.#memory.head.tick);
  }

  /** Runs one step in a transaction, with others that have come by then. */
  async #change<T>(step: (ledger: Ledger) => T): Promise<T> {
    return this.#opened.change(step);
  }

  /** As `#change`, when readers and writers leave time for it. */
  async #changeBehind<T>(step: (ledger: Ledger) => T): Promise<T> {
    return this.#opened.changeBehind(step);
  }
}
