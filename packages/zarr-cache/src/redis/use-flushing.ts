import type { Timers } from "../clock.ts";
import { type Part, partId, wholeId } from "../part.ts";
import type { IndexEntry } from "../store-index.ts";
import { COUNT_USES } from "./lua/rank-scripts.ts";
import type { Shard, Shards } from "./shards.ts";

const FLUSH_MILLISECONDS = 1000;

/** Counts uses in memory, and tells Redis of them now and then; those that cannot be told are dropped. */
export class UseFlushing {
  readonly #shards: Shards;
  readonly #timers: Timers;
  #timer: unknown;
  #isStopped = false;

  constructor(shards: Shards, timers: Timers) {
    this.#shards = shards;
    this.#timers = timers;
  }

  /** Counts a use of the entry that answered a part. */
  use(part: Part, entry: IndexEntry, now: number): void {
    if (this.#isStopped) return;
    this.#shards.of(part).uses.use(entry.whole ? wholeId(part) : partId(part), entry.token, now);
    // Once a second at most, and so many: whoever looks up more than that loses some, but does not keep Redis busy.
    this.#timer ??= this.#timers.set(
      () => {
        this.#timer = undefined;
        void this.flush();
      },
      FLUSH_MILLISECONDS,
      { background: true },
    );
  }

  /** Adds the time that reading took. */
  read(part: Part, token: string, milliseconds: number): void {
    if (!this.#isStopped) this.#shards.of(part).uses.read(partId(part), token, milliseconds);
  }

  /** Tells what is pending. */
  async flush(): Promise<void> {
    await Promise.all(this.#shards.all.map((shard) => this.flushShard(shard)));
  }

  async flushShard(shard: Shard): Promise<void> {
    try {
      // What comes meanwhile waits for the next time: who looks up without a pause would never be done.
      for (let left = shard.uses.flushes; left > 0 && !this.#isStopped; left--) {
        const uses = shard.uses.take();
        if (uses.length === 0) return;
        const reply = await this.#shards.run(shard, COUNT_USES, uses, [this.#shards.replyKey(shard)]);
        if (reply !== undefined) shard.uses.follow(Number(reply[1]));
      }
    } catch {
      // Uses that are lost make some entries look a little older than they are.
    }
  }

  /** Forgets what is pending: the entries are gone. */
  clear(): void {
    for (const { uses } of this.#shards.all) uses.clear();
  }

  /** Counts no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timers.clear(this.#timer);
  }
}
