import type { SweepStep } from "../store-index.ts";
import { SWEEP } from "./lua/invalidation-scripts.ts";
import type { Shards } from "./shards.ts";

/** Where a sweep's answer begins to tell of dead writers. */
const DEAD = 6;

/** Tidies the shards in short steps. */
export class Sweeping {
  readonly #shards: Shards;
  #isWorkingOff = false;
  #isStopped = false;

  readonly #dropForDead: (storeId: string, key: string) => Promise<void>;

  constructor(shards: Shards, dropForDead: (storeId: string, key: string) => Promise<void>) {
    this.#shards = shards;
    this.#dropForDead = dropForDead;
  }

  /** One step on each shard. */
  async step(): Promise<SweepStep> {
    const steps = await Promise.all(
      this.#shards.all.map(async (shard) => {
        const reply = await this.#shards.run(shard, SWEEP, [shard.stateCursor, shard.claimCursor]);
        if (reply === undefined) return { expired: 0, condemned: 0, more: false };
        [shard.stateCursor, shard.claimCursor] = [String(reply[4]), String(reply[5])];
        for (let i = DEAD; i + 1 < reply.length; i += 2)
          await this.#dropForDead(String(reply[i]), String(reply[i + 1]));
        return { expired: Number(reply[1]), condemned: Number(reply[2]), more: reply[3] === 1 };
      }),
    );
    return {
      expired: steps.reduce((sum, { expired }) => sum + expired, 0),
      condemned: steps.reduce((sum, { condemned }) => sum + condemned, 0),
      more: steps.some(({ more }) => more),
    };
  }

  /** Steps until no cut is left; of calls at the same time the first does it. */
  async workOffCuts(): Promise<void> {
    if (this.#isWorkingOff) return;
    this.#isWorkingOff = true;
    try {
      while (!this.#isStopped && (await this.step()).more);
    } catch {
      // The cuts stay in force; whoever sweeps goes on.
    } finally {
      this.#isWorkingOff = false;
    }
  }

  stop(): void {
    this.#isStopped = true;
  }
}
