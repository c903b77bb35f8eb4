import type { ScriptArgument } from "./script.ts";
import { tokenBytes } from "./shard-token.ts";

/** Uses of one entry that Redis has not been told. */
interface PendingUse {
  readonly token: string;
  uses: number;
  usedAt: number;
  tick: number;
  reads: number;
  milliseconds: number;
}

/** By so much the ticks of two changes in Redis differ, so that uses between them can be placed between them. */
const TICK = 1024;
/** Entries that one script updates. */
const MOST_PER_FLUSH = 100;
/**
 * Entries whose uses are kept between flushes; those of others are forgotten. Each costs Redis some 10 µs, and there
 * may be many clients; a policy that hears of one use in ten chooses nearly as well.
 */
const MOST_ENTRIES = 1000;

/** Collects the uses of one shard's entries, since telling each would cost a script per read of the cache. */
export class UseBuffer {
  readonly #pending = new Map<string, PendingUse>();
  /** Tick of the last change that this client has heard of. */
  #tick = 0;
  #count = 0;

  /** How many scripts it takes to tell of what is pending now. */
  get flushes(): number {
    return Math.ceil(this.#pending.size / MOST_PER_FLUSH);
  }

  /** Hears of the tick of a change. */
  follow(tick: number): void {
    if (tick <= this.#tick) return;
    this.#tick = tick;
    this.#count = 0;
  }

  use(id: string, token: string, now: number): void {
    const pending = this.#of(id, token);
    pending.uses++;
    pending.usedAt = now;
    this.#count = Math.min(this.#count + 1, TICK - 1);
    pending.tick = this.#tick + this.#count;
  }

  /** Adds the time that reading took. */
  read(id: string, token: string, milliseconds: number): void {
    const pending = this.#of(id, token);
    pending.reads++;
    pending.milliseconds += milliseconds;
  }

  /** Takes out some of what is pending, as arguments of the script that counts uses. */
  take(): ScriptArgument[] {
    const args: ScriptArgument[] = [];
    let left = MOST_PER_FLUSH;
    for (const [id, { token, uses, usedAt, tick, reads, milliseconds }] of this.#pending) {
      if (left-- === 0) break;
      this.#pending.delete(id);
      args.push(id, tokenBytes(token), uses, usedAt, tick, reads, milliseconds);
    }
    return args;
  }

  clear(): void {
    this.#pending.clear();
    this.#tick = 0;
  }

  #of(id: string, token: string): PendingUse {
    let pending = this.#pending.get(id);
    if (pending === undefined || pending.token !== token) {
      pending = { token, uses: 0, usedAt: 0, tick: 0, reads: 0, milliseconds: 0 };
      if (this.#pending.size < MOST_ENTRIES) this.#pending.set(id, pending);
    }
    return pending;
  }
}
