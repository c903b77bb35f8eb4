import { StoreIdConflictError } from "../errors.ts";
import type { ClaimRef } from "../store-index.ts";
import { nodesOf } from "./connection.ts";
import { BIND } from "./lua/index-scripts.ts";
import { ANNOUNCE, CLOSE_WRITE, INVALIDATE, OPEN_WRITE, TOLD_OF_DEAD } from "./lua/invalidation-scripts.ts";
import { RecentInvalidations } from "./recent-invalidations.ts";
import { wordOf } from "./script.ts";
import { newShardToken, showToken } from "./shard-token.ts";
import type { Shard, Shards } from "./shards.ts";

/** What invalidations need beside the shards. */
export interface InvalidationOptions {
  /** Marks what this client invalidated itself, which it need not be told. */
  readonly origin: string;
  readonly deadline: number;
  readonly monotonic: () => number;
  /** Cuts are left that hide entries. */
  onCuts(): void;
}

/** The origin of what everybody must be told. */
const NOBODY = "";

/** Drops paths, keys and stores in all shards, tells the tiers above, and sees to it that a failover loses none of it. */
export class InvalidationSteps {
  readonly #shards: Shards;
  readonly #options: InvalidationOptions;
  readonly #recent: RecentInvalidations;

  constructor(shards: Shards, options: InvalidationOptions) {
    this.#shards = shards;
    this.#options = options;
    this.#recent = new RecentInvalidations(options.monotonic);
  }

  /** Binds a store id; one that is bound to another source rejects. */
  async bind(storeId: string, identity: string | undefined): Promise<void> {
    const { first } = this.#shards;
    const reply = await this.#shards.insist(first, BIND, () => [storeId, identity ?? ""]);
    if (identity === undefined) return;
    const bound = String(reply[1]);
    if (bound !== identity) throw new StoreIdConflictError(storeId, bound, identity);
    this.#recent.bound(storeId);
  }

  /** Drops a path; with `forget` the binding of the store as well. */
  invalidate(storeId: string, path: string, forget: boolean): Promise<void> {
    return this.#drop(storeId, path, forget, this.#options.origin);
  }

  /**
   * Drops a key whose writer is dead: nobody else will tell what it wrote. All are told, this client too. One that died
   * on the way here is done again by whoever sweeps next.
   */
  async dropForDead(storeId: string, key: string): Promise<void> {
    await this.#drop(storeId, key, false, NOBODY);
    await this.#shards.run(this.#shards.of({ storeId, key }), TOLD_OF_DEAD, [storeId, key]);
  }

  async #drop(storeId: string, path: string, forget: boolean, origin: string): Promise<void> {
    const { all, first } = this.#shards;
    const life = this.#recent.dropping(storeId, path, forget);
    const drop = async (shard: Shard) => {
      const more = [this.#shards.replyKey(shard), ...this.#shards.streamOf(shard)];
      const args = [storeId, path, origin, forget && shard === first ? 1 : 0];
      return wordOf(await this.#shards.insist(shard, INVALIDATE, () => args, more));
    };
    // The shard with the stream comes last: who hears of it must find all others cut.
    const words = [...(await Promise.all(all.slice(1).map(drop))), await drop(first)];
    this.#recent.dropped(storeId, path, life);
    await this.#replicated();
    if (words.includes("more")) this.#options.onCuts();
  }

  async openWrite(storeId: string, key: string): Promise<ClaimRef> {
    const shard = this.#shards.of({ storeId, key });
    const token = newShardToken(shard.number);
    const life = this.#recent.dropping(storeId, key);
    const reply = await this.#shards.insist(
      shard,
      OPEN_WRITE,
      () => [token, storeId, key, this.#options.origin],
      this.#shards.streamOf(shard),
    );
    await this.#tell(shard, storeId, key, life);
    return this.#claim(token, { storeId, key }, reply[1]);
  }

  async closeWrite(intent: ClaimRef, keep: boolean): Promise<ClaimRef | undefined> {
    const { storeId, key } = intent.part;
    const shard = this.#shards.of(intent.part);
    const packed = this.#shards.pack(intent.token);
    const token = newShardToken(shard.number);
    const life = this.#recent.dropping(storeId, key);
    const reply =
      packed &&
      (await this.#shards.run(
        shard,
        CLOSE_WRITE,
        [packed, storeId, key, keep ? 1 : 0, token, this.#options.origin],
        this.#shards.streamOf(shard),
      ));
    if (reply === undefined) {
      // The index that knew of the write was lost; what came since in the new one goes all the same.
      await this.invalidate(storeId, key, false);
      return undefined;
    }
    await this.#tell(shard, storeId, key, life);
    return wordOf(reply) === "kept" ? this.#claim(token, { storeId, key }, reply[1]) : undefined;
  }

  /** The servers were restarted, or others have taken over: they may have lost the last moment. */
  oweAgain(): void {
    this.#recent.owe();
  }

  /** The servers were heard: drops again what is owed. What fails stays owed until the next call. */
  async settle(): Promise<void> {
    for (const { storeId, path, isForgotten } of this.#recent.owed())
      await this.invalidate(storeId, path, isForgotten);
    this.#recent.settle();
  }

  #claim(token: Buffer, part: ClaimRef["part"], claimedAt: unknown): ClaimRef {
    return { token: showToken(this.#shards.life.epoch, token), part, claimedAt: Number(claimedAt) };
  }

  /** Appends to the stream what was dropped in a shard that does not have it. */
  async #tell(shard: Shard, storeId: string, path: string, life: number): Promise<void> {
    const { first } = this.#shards;
    if (shard !== first)
      await this.#shards.insist(first, ANNOUNCE, () => [storeId, path, this.#options.origin], [
        this.#shards.replyKey(first),
        ...this.#shards.streamOf(first),
      ]);
    this.#recent.dropped(storeId, path, life);
    await this.#replicated();
  }

  /** Waits until one replica has what was dropped, or not longer than the deadline. */
  async #replicated(): Promise<void> {
    const { life } = this.#shards;
    if (!life.isReplicated) return;
    const milliseconds = Math.max(1, Math.floor(this.#options.deadline / 2));
    await Promise.allSettled(nodesOf(life.connection).map((node) => node.wait(1, milliseconds)));
  }
}
