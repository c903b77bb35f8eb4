import type { Allotment, BudgetLedger, HolderState } from "../budget/budget-ledger.ts";
import { type ByteSize, parseBytes } from "../byte-size.ts";
import type { Clock } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import { ClosedError, InvalidOptionError } from "../errors.ts";
import { assertFunction, assertKnownOptions } from "../options.ts";
import {
  connected,
  type DuplicableClient,
  makeConnection,
  patienceFor,
  type RedisConnection,
} from "./connection.ts";
import { LEAVE, SET_BUDGET, SETTLE } from "./lua/budget-scripts.ts";
import { tagRedisError } from "./redis-error.ts";
import { assertNamespace, assertRedis } from "./redis-index-options.ts";
import type { Script, ScriptArgument, ScriptReply } from "./script.ts";

/** Options of {@link RedisBudgetLedger}. */
export interface RedisBudgetLedgerOptions {
  /** A URL, or an ioredis `Redis` or `Cluster`, which is only copied, as for `RedisStoreIndex`. */
  readonly redis: string | DuplicableClient;
  /** Names the ledger within Redis; may be that of an index. */
  readonly namespace: string;
  /** Bytes for all processes together. The last one to open the ledger sets it. */
  readonly maxBytes: ByteSize;
  /** After how long a process that was not heard of is taken for dead. Default `"15s"`. */
  readonly leaseAge?: Duration;
  /** Longest wait for an answer of Redis. Default 250 ms. */
  readonly deadline?: Duration;
  /** For tests: replaces Redis' clock. */
  readonly clock?: Clock;
}

const OPTIONS = ["redis", "namespace", "maxBytes", "leaseAge", "deadline", "clock"];

/**
 * Divides a budget among the processes of a cluster, through a Redis that they share. Needs ioredis.
 *
 * ```ts
 * const budget = new RedisBudgetLedger({ redis: "redis://127.0.0.1:6379", namespace: "prod", maxBytes: "64 GB" });
 * const index = new MemoryStoreIndex({ maxBytes: "8 GB", budget });   // of 64 GB for all, at most 8 here
 * ```
 */
export class RedisBudgetLedger implements BudgetLedger {
  readonly leaseAge: number;
  readonly #redis: string | DuplicableClient;
  readonly #key: string;
  readonly #deadline: number;
  readonly #clock: Clock | undefined;
  #maxBytes: number;
  #connection: Promise<RedisConnection> | undefined;
  #closed = false;

  /** Connects to nothing before {@link open}. Throws `InvalidOptionError` for unknown or impossible options. */
  constructor(options: RedisBudgetLedgerOptions) {
    if (options === undefined)
      throw new InvalidOptionError("RedisBudgetLedger", options, `an object with ${OPTIONS.join(", ")}`);
    assertKnownOptions("RedisBudgetLedger", options, OPTIONS);
    const { redis, namespace, leaseAge = "15s", deadline = 250, clock } = options;
    assertRedis(redis);
    assertNamespace(namespace);
    if (clock !== undefined) assertFunction("clock", clock, "a function that returns milliseconds");
    this.#redis = redis;
    this.#key = `{zc:${namespace}:budget}`;
    this.#maxBytes = parseBytes("maxBytes", options.maxBytes);
    this.#deadline = parseDuration("deadline", deadline);
    this.#clock = clock;
    this.leaseAge = parseDuration("leaseAge", leaseAge);
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  async open(): Promise<void> {
    await this.#connected();
  }

  async settle(holder: string, { limit, wanted }: HolderState): Promise<Allotment> {
    const now = this.#clock?.() ?? "";
    const args = [holder, limit, wanted, this.leaseAge, this.#maxBytes, now];
    const [, granted, target, maxBytes] = await this.#run(await this.#connected(), SETTLE, args);
    this.#maxBytes = Number(maxBytes);
    return { limit: Number(granted), target: Number(target) };
  }

  async leave(holder: string): Promise<void> {
    await this.#run(await this.#connected(), LEAVE, [holder]);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const connection = await this.#connection?.catch(() => undefined);
    connection?.disconnect();
  }

  #connected(): Promise<RedisConnection> {
    if (this.#closed) throw new ClosedError("The budget ledger");
    this.#connection ??= this.#connect().catch((error: unknown) => {
      this.#connection = undefined;
      throw tagRedisError(error, this.#deadline);
    });
    return this.#connection;
  }

  async #connect(): Promise<RedisConnection> {
    const connection = await makeConnection(this.#redis, "commands", this.#deadline);
    try {
      await connected(connection, patienceFor(this.#deadline));
      await this.#run(connection, SET_BUDGET, [this.#maxBytes]);
    } catch (error) {
      connection.disconnect();
      throw error;
    }
    return connection;
  }

  async #run(
    connection: RedisConnection,
    script: Script,
    args: readonly ScriptArgument[],
  ): Promise<ScriptReply> {
    try {
      return await script.run(connection, [this.#key], args);
    } catch (error) {
      throw tagRedisError(error, this.#deadline);
    }
  }
}
