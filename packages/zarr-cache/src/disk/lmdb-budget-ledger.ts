import { resolve } from "node:path";
import { allot, type Holding, isAlive } from "../budget/allotting.ts";
import type { Allotment, BudgetLedger, HolderState } from "../budget/budget-ledger.ts";
import { type ByteSize, parseBytes } from "../byte-size.ts";
import { type Clock, systemTimers, type Timers } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import { ClosedError, InvalidOptionError } from "../errors.ts";
import { assertFunction, assertKnownOptions, assertMethods } from "../options.ts";
import { DeadlineTransactions } from "./deadline-transactions.ts";
import { expandHome } from "./directory-pattern.ts";
import { getJson, type IndexTables, keysUnder, putJson } from "./index-tables.ts";
import { acquireEnvironment, type LmdbEnvironment, releaseEnvironment } from "./lmdb-environment.ts";
import { assertLocalFileSystem, type FileSystemFacts, machineFileSystems } from "./network-file-system.ts";
import { openingMark } from "./opening-mark.ts";

/** Options of {@link LmdbBudgetLedger}. */
export interface LmdbBudgetLedgerOptions {
  /** Bytes for all processes together. The last one to open the ledger sets it. */
  readonly maxBytes: ByteSize;
  /** After how long a process that was not heard of is taken for dead. Default `"15s"`. */
  readonly leaseAge?: Duration;
  /** Longest wait for a transaction. Default 250 ms. */
  readonly deadline?: Duration;
  /** Default `Date.now`; the processes share it. */
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** Tells network file systems from local ones; a test gives its own. */
  readonly fileSystems?: FileSystemFacts;
  /** Told once when the ledger had to begin anew. */
  readonly onWarning?: (message: string) => void;
}

const OPTIONS = ["maxBytes", "leaseAge", "deadline", "clock", "timers", "fileSystems", "onWarning"];
const TOTAL_KEY = "b";
const HOLDER = "h";

/**
 * Divides a budget among the processes of one machine, through LMDB in a local directory.
 *
 * ```ts
 * const budget = new LmdbBudgetLedger("/run/zarr-cache/memory", { maxBytes: "8 GB" });
 * const index = new MemoryStoreIndex({ maxBytes: "4 GB", budget });   // of 8 GB for all, at most 4 here
 * ```
 */
export class LmdbBudgetLedger implements BudgetLedger {
  readonly leaseAge: number;
  readonly #directory: string;
  readonly #settings: {
    readonly deadline: number;
    readonly clock: Clock;
    readonly timers: Timers;
    readonly fileSystems: FileSystemFacts;
    readonly warn: (message: string) => void;
  };
  #maxBytes: number;
  #environment: Promise<LmdbEnvironment> | undefined;
  #closed = false;

  /** Creates nothing before {@link open}. Throws `InvalidOptionError` for unknown or impossible options. */
  constructor(directory: string, options: LmdbBudgetLedgerOptions) {
    assertKnownOptions("LmdbBudgetLedger", options, OPTIONS);
    if (typeof directory !== "string" || directory === "")
      throw new InvalidOptionError("directory", directory, "the path of a local directory");
    const { clock = Date.now, timers = systemTimers, fileSystems = machineFileSystems } = options;
    const { leaseAge = "15s", deadline = 250, onWarning = () => {} } = options;
    assertFunction("clock", clock, "a function that returns milliseconds");
    assertMethods("timers", timers, ["set", "clear"]);
    assertMethods("fileSystems", fileSystems, ["type", "mounts"]);
    assertFunction("onWarning", onWarning, "a function (message) => void");
    this.#directory = resolve(expandHome(directory));
    this.#maxBytes = parseBytes("maxBytes", options.maxBytes);
    this.leaseAge = parseDuration("leaseAge", leaseAge);
    this.#settings = {
      deadline: parseDuration("deadline", deadline),
      clock,
      timers,
      fileSystems,
      warn: onWarning,
    };
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  async open(): Promise<void> {
    if (this.#closed) throw new ClosedError("The budget ledger");
    this.#environment ??= this.#connect().catch((error: unknown) => {
      this.#environment = undefined;
      throw error;
    });
    await this.#environment;
  }

  settle(holder: string, state: HolderState): Promise<Allotment> {
    return this.#change(({ state: table }, now) => {
      this.#maxBytes = getJson<number>(table, TOTAL_KEY) ?? this.#maxBytes;
      const others: Holding[] = [];
      for (const key of keysUnder(table, HOLDER, Number.MAX_SAFE_INTEGER)) {
        if (key === HOLDER + holder) continue;
        const other = getJson<Holding>(table, key);
        if (other !== undefined && isAlive({ now, leaseAge: this.leaseAge }, other.seenAt))
          others.push(other);
        else void table.remove(key);
      }
      const answer = allot({ maxBytes: this.#maxBytes, leaseAge: this.leaseAge, now, others }, state);
      putJson(table, HOLDER + holder, { ...state, limit: answer.limit, seenAt: now } satisfies Holding);
      return answer;
    });
  }

  async leave(holder: string): Promise<void> {
    await this.#change(({ state }) => void state.remove(HOLDER + holder));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const environment = await this.#environment?.catch(() => undefined);
    if (environment !== undefined) await releaseEnvironment(environment);
  }

  async #connect(): Promise<LmdbEnvironment> {
    assertLocalFileSystem(this.#directory, this.#settings.fileSystems);
    const environment = await acquireEnvironment(this.#directory, { ...this.#settings, mapBytes: undefined });
    try {
      await this.#write(environment, ({ state }) => putJson(state, TOTAL_KEY, this.#maxBytes));
    } catch (error) {
      await releaseEnvironment(environment);
      throw error;
    }
    return environment;
  }

  async #change<T>(step: (tables: IndexTables, now: number) => T): Promise<T> {
    await this.open();
    return this.#write((await this.#environment) as LmdbEnvironment, step);
  }

  #write<T>(
    { tables, directory }: LmdbEnvironment,
    step: (tables: IndexTables, now: number) => T,
  ): Promise<T> {
    const { deadline, timers, clock } = this.#settings;
    const transactions = new DeadlineTransactions(tables.root, deadline, timers, () =>
      openingMark(directory),
    );
    return transactions.run(() => step(tables, clock()));
  }
}
