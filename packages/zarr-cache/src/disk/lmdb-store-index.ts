import { resolve } from "node:path";
import { ClosedError, InvalidOptionError, StoreIdConflictError } from "../errors.ts";
import { type Part, partId } from "../part.ts";
import type {
  Changes,
  ClaimAnswer,
  ClaimRef,
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
import { fileSize } from "./budget.ts";
import { type ChargedName, nameKey, unpackName } from "./charged-name.ts";
import type { ClaimRecord } from "./claim-records.ts";
import { CutList } from "./cut-list.ts";
import { DeadlineTransactions } from "./deadline-transactions.ts";
import { expandHome } from "./directory-pattern.ts";
import { readPage } from "./entry-pages.ts";
import { birthOf, unpackFacts } from "./entry-record.ts";
import { makeRoom } from "./eviction-steps.ts";
import { claim, commit, release, reserve, wholeId } from "./fill-steps.ts";
import { glanceAtHead, HEAD_KEY, type HeadGlance, type IndexHead, unpackHead } from "./index-head.ts";
import { fitsKey, getJson, keysUnder, putJson } from "./index-tables.ts";
import { inspect } from "./index-verification.ts";
import { changesSince, drop, workOffCut } from "./invalidation-steps.ts";
import { Ledger, type LedgerTerms, type StoreRecord } from "./ledger.ts";
import { LedgerSteps } from "./ledger-steps.ts";
import {
  acquireEnvironment,
  type IndexLife,
  LIFE_KEY,
  type LmdbEnvironment,
  releaseEnvironment,
} from "./lmdb-environment.ts";
import {
  DEFAULT_MAX_BYTES,
  type LmdbIndexSettings,
  type LmdbStoreIndexOptions,
  parseLmdbIndexOptions,
} from "./lmdb-index-options.ts";
import { assertLocalFileSystem } from "./network-file-system.ts";
import { openingMark } from "./opening-mark.ts";
import { renew, type SweepPlace, sweep } from "./sweep-steps.ts";
import { UseBuffer } from "./use-buffer.ts";
import { closeWrite, openWrite } from "./write-steps.ts";

/** What an open index works with. */
interface OpenIndex {
  readonly environment: LmdbEnvironment;
  readonly transactions: DeadlineTransactions;
  readonly steps: LedgerSteps;
  readonly terms: LedgerTerms;
}

const FLUSH_MILLISECONDS = 1000;
const FLUSH_PATIENCE = 5000;
const EVICTION_ROUNDS_AT_OPEN = 16;
const REPAIRS_PER_STEP = 500;

/**
 * Knows what is cached in a directory, for all processes of one machine: an LMDB environment in `directory`.
 *
 * **Tables.** `entries` (part id → entry), `order` (rank and statistics → part id), `names` (token → what it is charged)
 * and `state`, whose keys begin with a letter that says what they are: `0` head, `l` epoch, `s` store, `k` claim,
 * `i` write intent, `p` pass mark, `f` failure, `v` revoked reservation, `q` queue of the condemned, `c` cut,
 * `r` ring of invalidations.
 *
 * **A token's life.** claim → reserved (charged: `held`) → entry (`held`) → condemned (`condemned`, still charged)
 * → freed. A reservation that is taken away while its owner may still write is `revoked` until the owner gives it up
 * or was not heard of for `lockAge`; then it is condemned. Whatever is charged has a name, so charges cannot get lost.
 *
 * **Writing.** Every change is one asynchronous transaction with a deadline, see `deadline-transactions.ts`; counts
 * change with what they count, in `ledger.ts`. Transactions are visible when they are acknowledged, and flushed to the
 * disk behind that (LMDB's overlapping sync): killing the process loses nothing, and after a power loss LMDB goes back
 * to the last state that was flushed whole, which it tells by the boot id. That loses entries, whose bytes are then
 * orphans, and can bring back entries whose bytes are gone; both heal. It must not bring back what was invalidated, so
 * invalidations and write intents are acknowledged only when they are on the disk. Without syncing at all
 * (`noSync`) a sequential transaction takes 170 µs instead of 400 µs, but a power loss would leave any mixture of pages.
 *
 * **Reading** takes no lock and no transaction of its own: a snapshot that is renewed once per synchronous run of the
 * caller, so that what another process did is seen by the next look-up.
 */
export class LmdbStoreIndex implements StoreIndex {
  readonly scope = "machine";
  readonly #directory: string;
  readonly #settings: LmdbIndexSettings;
  readonly #uses = new UseBuffer();
  readonly #cuts = new CutList();
  readonly #sweepPlace: SweepPlace = { after: undefined };
  /** Those who wait in this process, by the token that they wait for. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #open: OpenIndex | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;
  #isFresh = false;
  /** Marks what this index invalidated itself, which it need not be told. */
  readonly #origin = newEpoch();
  readonly #warnings: ((message: string) => void)[] = [];
  readonly #head: HeadGlance = { serial: 0, cutsVersion: -1, tick: 0, maxEntryBytes: 0 };
  readonly #endRun = () => {
    this.#isFresh = false;
  };
  #flushTimer: unknown;
  #flushing: Promise<void> | undefined;
  #workingOff = false;
  #evictions = 0;

  /** Creates nothing before {@link open}. Throws `InvalidOptionError` for unknown or impossible options. */
  constructor(directory: string, options: LmdbStoreIndexOptions = {}) {
    if (typeof directory !== "string" || directory === "")
      throw new InvalidOptionError("directory", directory, "the path of a local directory");
    this.#directory = resolve(expandHome(directory));
    this.#settings = parseLmdbIndexOptions(options);
  }

  get maxEntryBytes(): number {
    const { maxEntryBytes, maxBytes = DEFAULT_MAX_BYTES } = this.#settings;
    return this.#head.maxEntryBytes || (maxEntryBytes ?? Math.floor(maxBytes / 8));
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
    this.#use();
    const { epoch, clean } = getJson<IndexLife>(this.#tables.state, LIFE_KEY) as IndexLife;
    return { epoch, clean };
  }

  async markClean(): Promise<void> {
    await this.#change((ledger) => {
      const life = getJson<IndexLife>(ledger.tables.state, LIFE_KEY);
      if (life !== undefined) putJson(ledger.tables.state, LIFE_KEY, { ...life, clean: true });
    });
  }

  async bind(storeId: string, identity: string | undefined): Promise<void> {
    const known = this.#use() && getJson<StoreRecord>(this.#tables.state, `s${storeId}`)?.identity;
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
    const entry = this.#find(part, id);
    if (entry !== undefined) this.#countUse(entry.whole ? wholeId(part) : id, entry.token);
    return entry;
  }

  peek(part: Part): IndexEntry | undefined {
    return this.#find(part, partId(part));
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
      this.#use();
      const claim = fitsKey(id) ? getJson<ClaimRecord>(this.#tables.state, `k${id}`) : undefined;
      const lives =
        claim?.token === token &&
        !this.#cuts.hides(id, claim.birth) &&
        Math.abs(this.now() - claim.renewedAt) <= this.#settings.lockAge;
      if (!lives) {
        const end = getJson<{ failure: Settlement["failure"] }>(this.#tables.state, `f${token}`);
        return { failure: end?.failure };
      }
      await this.#pause(token, pause, signal);
    }
  }

  async renew(tokens: readonly ClaimRef[]): Promise<readonly string[]> {
    return tokens.length === 0 ? [] : this.#change((ledger) => renew(ledger, tokens));
  }

  reserve(ref: ClaimRef, want: Reservation): Promise<"reserved" | "full" | "refused" | "lost"> {
    return this.#change((ledger) => reserve(ledger, ref, want));
  }

  async commit(ref: ClaimRef, facts: EntryFacts): Promise<boolean> {
    const kept = await this.#change((ledger) => commit(ledger, ref, facts));
    this.#wake(ref.token);
    return kept;
  }

  async release(ref: ClaimRef, outcome: ReleaseOutcome = {}): Promise<void> {
    await this.#change((ledger) => release(ledger, ref, outcome));
    this.#wake(ref.token);
  }

  async makeRoom(want?: Reservation): Promise<Room> {
    const room = await this.#change((ledger) => {
      this.#uses.flush(ledger);
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

  condemned(limit: number): readonly StoredName[] {
    this.#use();
    const found: StoredName[] = [];
    for (const key of keysUnder(this.#tables.state, "q", limit)) {
      const token = this.#tables.state.getBinaryFast(key)?.toString() ?? "";
      const name = this.#nameOf(token);
      if (name !== undefined) found.push({ storeId: name.storeId, token });
    }
    return found;
  }

  async free(tokens: readonly string[]): Promise<void> {
    if (tokens.length === 0) return;
    await this.#change((ledger) => {
      for (const token of tokens) ledger.free(token);
    });
  }

  known(names: readonly StoredName[]): readonly boolean[] {
    this.#use();
    return names.map(({ storeId, token }) => this.#nameOf(token)?.storeId === storeId);
  }

  async invalidate(storeId: string, path: string): Promise<void> {
    await this.#change((ledger) => drop(ledger, storeId, path, false));
    await this.#flushed();
    void this.#workOffCuts();
  }

  async openWrite(storeId: string, key: string): Promise<ClaimRef> {
    const intent = await this.#change((ledger) => openWrite(ledger, storeId, key));
    await this.#flushed();
    return intent;
  }

  async closeWrite(intent: ClaimRef, keep: boolean): Promise<ClaimRef | undefined> {
    const claim = await this.#change((ledger) => closeWrite(ledger, intent, keep));
    await this.#flushed();
    return claim;
  }

  async deleteStore(storeId: string): Promise<void> {
    await this.#change((ledger) => {
      drop(ledger, storeId, "/", false);
      delete ledger.store(storeId).identity;
    });
    await this.#flushed();
    void this.#workOffCuts();
  }

  changes(since: number | undefined): Changes {
    this.#use();
    return changesSince(this.#tables, this.#head.serial, since, this.#origin);
  }

  onWarning(listener: (message: string) => void): void {
    this.#warnings.push(listener);
  }

  usage(storeId?: string): IndexUsage {
    this.#use();
    const head = this.#readHead();
    const { maxBytes, maxEntries } = head;
    const store = storeId === undefined ? undefined : getJson<StoreRecord>(this.#tables.state, `s${storeId}`);
    const bounds = { maxBytes, maxEntries, evictions: this.#evictions, claims: this.#countClaims(storeId) };
    if (storeId !== undefined)
      return {
        ...bounds,
        entries: store?.entries ?? 0,
        bytes: store?.bytes ?? 0,
        condemnedBytes: store?.condemned ?? 0,
      };
    const { entries, charged, condemned } = head;
    return { ...bounds, entries, bytes: charged, condemnedBytes: condemned };
  }

  async entries(query: EntryQuery): Promise<EntryPage> {
    this.#use();
    await this.#flushUses();
    return readPage(
      { tables: this.#tables, cuts: this.#cuts, now: () => this.now(), refresh: () => this.#refresh() },
      query,
    );
  }

  sweep(): Promise<SweepStep> {
    return this.#change((ledger) => sweep(ledger, this.#sweepPlace));
  }

  async verify({ repair }: { readonly repair: boolean }): Promise<readonly string[]> {
    this.#use();
    const findings = await inspect(this.#tables, this.#terms.epoch);
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
    await this.#flushUses();
    this.#closed = true;
    this.#open = undefined;
    this.#settings.timers.clear(this.#flushTimer);
    for (const token of [...this.#waiting.keys()]) this.#wake(token);
    if (open !== undefined) await this.#within(releaseEnvironment(open.environment));
  }

  async #connect(): Promise<void> {
    const settings = this.#settings;
    assertLocalFileSystem(this.#directory, settings.fileSystems);
    const warn = (message: string) => {
      settings.warn(message);
      for (const listener of this.#warnings) listener(message);
    };
    const environment = await acquireEnvironment(this.#directory, { ...settings, warn });
    const { tables, dataFile } = environment;
    const { policy, lockAge, deadline, timers } = settings;
    tables.root.resetReadTxn();
    const { epoch } = getJson<IndexLife>(tables.state, LIFE_KEY) as IndexLife;
    const sizeOfFile = fileSize(dataFile);
    const terms = { tables, epoch, origin: this.#origin, policy, lockAge, cuts: this.#cuts, sizeOfFile };
    const transactions = new DeadlineTransactions(tables.root, deadline, timers, () =>
      openingMark(environment.directory),
    );
    const steps = new LedgerSteps(transactions, () => new Ledger(terms, this.now()), deadline / 2);
    this.#open = { environment, terms, transactions, steps };
    try {
      await this.#change(({ head }) => setBounds(head, settings));
      for (let round = 0; round < EVICTION_ROUNDS_AT_OPEN; round++)
        if (!this.#isOverfull() || (await this.makeRoom()).state === "done") break;
    } catch (error) {
      this.#open = undefined;
      await this.#within(releaseEnvironment(environment));
      throw error;
    }
    void this.#workOffCuts();
  }

  #isOverfull(): boolean {
    this.#use();
    const { charged, condemned, maxBytes, entries, maxEntries } = this.#readHead();
    return charged - condemned > maxBytes || entries > maxEntries;
  }

  get #tables(): LedgerTerms["tables"] {
    return this.#terms.tables;
  }

  get #terms(): LedgerTerms {
    return this.#opened.terms;
  }

  get #opened(): OpenIndex {
    if (this.#closed) throw new ClosedError("The index");
    if (this.#open === undefined) throw new Error("The index is not open: await open() first.");
    return this.#open;
  }

  /** Makes the reads of this synchronous run see the latest state. */
  #use(): true {
    if (!this.#isFresh) {
      this.#refresh();
      this.#isFresh = true;
      queueMicrotask(this.#endRun);
    }
    return true;
  }

  #readHead(): IndexHead {
    return unpackHead(this.#tables.state.getBinaryFast(HEAD_KEY) as Buffer);
  }

  #refresh(): void {
    const { root, state } = this.#terms.tables;
    root.resetReadTxn();
    glanceAtHead(state.getBinaryFast(HEAD_KEY) as Buffer, this.#head);
    if (this.#cuts.version !== this.#head.cutsVersion) this.#cuts.follow(state, this.#readHead());
  }

  #find(part: Part, id: string): IndexEntry | undefined {
    this.#use();
    if (!fitsKey(id)) return undefined;
    return this.#read(id, false) ?? (part.range === undefined ? undefined : this.#read(wholeId(part), true));
  }

  #read(id: string, whole: boolean): IndexEntry | undefined {
    const bytes = this.#tables.entries.getBinaryFast(id);
    if (bytes === undefined || this.#cuts.hides(id, birthOf(bytes))) return undefined;
    return unpackFacts(bytes, whole);
  }

  #nameOf(token: string): ChargedName | undefined {
    const { names } = this.#tables;
    const key = nameKey(token, this.#terms.epoch);
    const bytes = key && names.getBinaryFast(key);
    return bytes === undefined ? undefined : unpackName(bytes);
  }

  #countClaims(storeId: string | undefined): number {
    const prefix = storeId === undefined ? "k" : `k${storeId}\n`;
    const { state } = this.#tables;
    const now = this.now();
    let live = 0;
    for (const key of keysUnder(state, prefix, Number.MAX_SAFE_INTEGER)) {
      const claim = getJson<ClaimRecord>(state, key);
      if (claim === undefined || this.#cuts.hides(key.slice(1), claim.birth)) continue;
      if (Math.abs(now - claim.renewedAt) <= this.#settings.lockAge) live++;
    }
    return live;
  }

  #countUse(id: string, token: string): void {
    this.#uses.use(id, token, this.now(), this.#head.tick);
    this.#flushTimer ??= this.#settings.timers.set(() => void this.#flushSomeUses(), FLUSH_MILLISECONDS, {
      background: true,
    });
  }

  /** One bounded flush each time, so that counting uses takes a fixed share of the processor at most. */
  async #flushSomeUses(): Promise<void> {
    this.#flushTimer = undefined;
    try {
      await this.#change((ledger) => this.#uses.flush(ledger));
    } catch {
      // They stay pending.
    }
  }

  #flushUses(): Promise<void> {
    this.#flushing ??= this.#writeUses().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #writeUses(): Promise<void> {
    try {
      while (this.#open !== undefined && !this.#uses.isEmpty)
        await this.#change((ledger) => this.#uses.flush(ledger));
    } catch {
      // Uses that are lost make some entries a little older than they are.
    }
  }

  /** Runs one step in a transaction, with others that have come by then. */
  async #change<T>(step: (ledger: Ledger) => T): Promise<T> {
    const { steps } = this.#opened;
    this.#isFresh = false;
    try {
      return await steps.run(step);
    } catch (error) {
      this.#cuts.forget();
      throw error;
    } finally {
      this.#isFresh = false;
    }
  }

  async #flushed(): Promise<void> {
    await this.#open?.transactions.flushed(Math.max(this.#settings.deadline, FLUSH_PATIENCE));
  }

  /** Finishes invalidations in the background; whoever sweeps goes on where this stops. */
  async #workOffCuts(): Promise<void> {
    if (this.#workingOff) return;
    this.#workingOff = true;
    try {
      while (this.#open !== undefined && this.#use() && this.#readHead().cuts > 0)
        await this.#change((ledger) => workOffCut(ledger));
    } catch {
      // The cuts stay in force.
    } finally {
      this.#workingOff = false;
    }
  }

  #pause(token: string, milliseconds: number, signal: AbortSignal): Promise<void> {
    const { timers } = this.#settings;
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(token) ?? new Set();
      this.#waiting.set(token, waiters);
      const done = () => {
        timers.clear(timer);
        signal.removeEventListener("abort", abort);
        waiters.delete(done);
        if (waiters.size === 0) this.#waiting.delete(token);
        resolve();
      };
      const abort = () => {
        done();
        reject(signal.reason);
      };
      const timer = timers.set(done, milliseconds);
      waiters.add(done);
      signal.addEventListener("abort", abort);
    });
  }

  #wake(token: string): void {
    for (const done of [...(this.#waiting.get(token) ?? [])]) done();
  }

  /** Waits for a promise, but not beyond the deadline. */
  #within(work: Promise<void>): Promise<void> {
    const { timers, deadline } = this.#settings;
    return new Promise((resolve, reject) => {
      const timer = timers.set(resolve, deadline);
      work.then(resolve, reject).finally(() => timers.clear(timer));
    });
  }
}

/** Sets the bounds that were given; the others stay as they are, or take their defaults in a new index. */
function setBounds(head: IndexHead, { maxBytes, maxEntries, maxEntryBytes }: LmdbIndexSettings): void {
  const isNew = head.maxEntryBytes === 0 && head.maxBytes === 0;
  if (maxBytes !== undefined || isNew) head.maxBytes = maxBytes ?? DEFAULT_MAX_BYTES;
  if (maxEntries !== undefined || isNew) head.maxEntries = maxEntries ?? Number.POSITIVE_INFINITY;
  if (maxEntryBytes !== undefined || maxBytes !== undefined || isNew)
    head.maxEntryBytes = maxEntryBytes ?? Math.floor(head.maxBytes / 8);
}
