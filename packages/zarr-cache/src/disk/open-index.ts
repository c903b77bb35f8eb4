import type { Part } from "../part.ts";
import type { IndexEntry } from "../store-index.ts";
import { fileSize } from "./budget.ts";
import type { CutList } from "./cut-list.ts";
import { markDamaged, saysDamage } from "./damage-mark.ts";
import { DeadlineTransactions } from "./deadline-transactions.ts";
import type { HeadGlance, IndexHead } from "./index-head.ts";
import { getJson } from "./index-tables.ts";
import { IndexView } from "./index-view.ts";
import { workOffCut } from "./invalidation-steps.ts";
import { Ledger, type LedgerTerms } from "./ledger.ts";
import { LedgerSteps } from "./ledger-steps.ts";
import {
  acquireEnvironment,
  type IndexLife,
  LIFE_KEY,
  type LmdbEnvironment,
  releaseEnvironment,
} from "./lmdb-environment.ts";
import { DEFAULT_MAX_BYTES, type LmdbIndexSettings } from "./lmdb-index-options.ts";
import { openingMark } from "./opening-mark.ts";

/** What of an index outlives its opening. */
export interface IndexMemory {
  readonly cuts: CutList;
  readonly head: HeadGlance;
  /** Marks what this index invalidates itself, which it need not be told. */
  readonly origin: string;
  /** Called when the data file has grown and less may be charged than is. */
  onShrink(): void;
}

const FLUSH_PATIENCE = 5000;
/** Milliseconds that fills let the disk catch up before they write more: longer, and they would take longer than reading again. */
const FLUSH_GATHERING = 10;

/** An index from opening to closing: the environment, the view for those who look, and the steps that change it. */
export class OpenIndex {
  readonly view: IndexView;
  readonly terms: LedgerTerms;
  readonly #environment: LmdbEnvironment;
  readonly #settings: LmdbIndexSettings;
  readonly #transactions: DeadlineTransactions;
  readonly #steps: LedgerSteps;
  #workingOff = false;
  #isReleased = false;
  #isDamaged = false;
  /** Of the data file, when it was last looked at. */
  #fileSize = 0;

  private constructor(environment: LmdbEnvironment, settings: LmdbIndexSettings, memory: IndexMemory) {
    const { tables, dataFile } = environment;
    const { policy, lockAge, deadline, timers, clock } = settings;
    const { cuts, origin, head } = memory;
    tables.root.resetReadTxn();
    const { epoch } = getJson<IndexLife>(tables.state, LIFE_KEY) as IndexLife;
    const terms = { tables, epoch, origin, policy, lockAge, cuts, sizeOfFile: fileSize(dataFile) };
    this.terms = terms;
    this.view = new IndexView(terms, head, clock);
    this.#environment = environment;
    this.#settings = settings;
    this.#transactions = new DeadlineTransactions(tables.root, deadline, timers, () =>
      openingMark(environment.directory),
    );
    this.#steps = new LedgerSteps({
      transactions: this.#transactions,
      openLedger: () => new Ledger(terms, clock()),
      joinWithin: deadline / 2,
      flushWithin: FLUSH_GATHERING,
      onCommitted: () => this.#heedGrowth(memory.onShrink),
    });
  }

  /** Opens the index in a directory, or joins those of this process who have it open. */
  static async in(directory: string, settings: LmdbIndexSettings, memory: IndexMemory): Promise<OpenIndex> {
    return new OpenIndex(await acquireEnvironment(directory, settings), settings, memory);
  }

  /** The entry that answers a part with this id: its own, or that of the whole. */
  find(part: Part, id: string): IndexEntry | undefined {
    return this.#heeding(() => this.view.find(part, id));
  }

  /** Runs one step in a transaction, with others that have come by then. */
  change<T>(step: (ledger: Ledger) => T): Promise<T> {
    return this.#expiring(this.#steps.run((ledger) => this.#heeding(() => step(ledger))));
  }

  /** As {@link change}, for what no reader and no writer waits for. */
  changeBehind<T>(step: (ledger: Ledger) => T): Promise<T> {
    return this.#expiring(this.#steps.runBehind((ledger) => this.#heeding(() => step(ledger))));
  }

  /** Sets the bounds that were given. */
  setBounds(): Promise<void> {
    return this.change(({ head }) => setBounds(head, this.#settings));
  }

  /** Resolves when what was changed so far is on the disk. */
  flushed(): Promise<void> {
    return this.#transactions.flushed(Math.max(this.#settings.deadline, FLUSH_PATIENCE));
  }

  /** Finishes invalidations in the background; whoever sweeps goes on where this stops. */
  async workOffCuts(): Promise<void> {
    if (this.#workingOff) return;
    this.#workingOff = true;
    try {
      while (!this.#isReleased && this.#hasCuts()) await this.change((ledger) => workOffCut(ledger));
    } catch {
      // The cuts stay in force.
    } finally {
      this.#workingOff = false;
    }
  }

  /** Leaves the environment. Does not wait beyond the deadline. */
  release(): Promise<void> {
    this.#isReleased = true;
    this.#steps.hurry();
    const { timers, deadline } = this.#settings;
    return new Promise((resolve, reject) => {
      const timer = timers.set(resolve, deadline);
      releaseEnvironment(this.#environment)
        .then(resolve, reject)
        .finally(() => timers.clear(timer));
    });
  }

  async #expiring<T>(changed: Promise<T>): Promise<T> {
    const { view } = this;
    view.expire();
    try {
      return await changed;
    } catch (error) {
      this.terms.cuts.forget();
      throw error;
    } finally {
      view.expire();
    }
  }

  /** Has the index set aside at its next opening when something finds it damaged; this process goes on as it can. */
  #heeding<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (saysDamage(error) && !this.#isDamaged) {
        this.#isDamaged = true;
        const { directory, fileNumber } = this.#environment;
        markDamaged(directory, fileNumber);
        this.#settings.warn(
          `The cache index in "${directory}" is damaged (${error.message}); what it cannot tell is fetched from the source, ` +
            "and it begins anew when the cache is opened the next time. Close and open it to have that now.",
        );
      }
      throw error;
    }
  }

  /**
   * The file grows while somebody reads an old state of it, since no page of that may be written again; a process that
   * was killed or stopped reads on until it is found dead. What the file takes is not there for chunks.
   */
  #heedGrowth(onShrink: () => void): void {
    const size = this.terms.sizeOfFile();
    if (size <= this.#fileSize || this.#isReleased) return;
    this.#fileSize = size;
    this.view.expire();
    if (this.view.isOverfull()) onShrink();
  }

  #hasCuts(): boolean {
    this.view.renew();
    return this.view.readHead().cuts > 0;
  }
}

/** The others stay as they are, or take their defaults in a new index. */
function setBounds(
  head: IndexHead,
  { maxBytes, maxEntries, maxEntryBytes, maxPinnedBytes }: LmdbIndexSettings,
): void {
  const isNew = head.maxEntryBytes === 0 && head.maxBytes === 0;
  if (maxBytes !== undefined || isNew) head.maxBytes = maxBytes ?? DEFAULT_MAX_BYTES;
  if (maxEntries !== undefined || isNew) head.maxEntries = maxEntries ?? Number.POSITIVE_INFINITY;
  if (maxEntryBytes !== undefined || maxBytes !== undefined || isNew)
    head.maxEntryBytes = maxEntryBytes ?? Math.floor(head.maxBytes / 8);
  if (maxPinnedBytes !== undefined || maxBytes !== undefined || isNew)
    head.maxPinnedBytes = maxPinnedBytes ?? Math.floor(head.maxBytes / 2);
}
