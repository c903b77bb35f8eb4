import { type Part, partId } from "../part.ts";
import type { Reservation, Room } from "../store-index.ts";
import type { StoredName } from "../store-opener.ts";
import { chargeOf } from "./fill-steps.ts";
import { CONDEMN, FREE, KNOWN } from "./lua/condemned-scripts.ts";
import { WEIGH } from "./lua/rank-scripts.ts";
import { LOWER_STORE, MAKE_ROOM } from "./lua/room-scripts.ts";
import { RedisError } from "./redis-error.ts";
import { wordOf } from "./script.ts";
import { showToken, TOKEN_BYTES } from "./shard-token.ts";
import { newNonce, type Shard, type Shards, slices } from "./shards.ts";
import type { UseFlushing } from "./use-flushing.ts";

const TOKENS_PER_SCRIPT = 500;

/** Makes room, and looks after what is condemned. */
export class EvictionSteps {
  readonly #shards: Shards;
  readonly #uses: UseFlushing;
  /** By store, what this client drove out. */
  readonly #evictions = new Map<string, number>();

  constructor(shards: Shards, uses: UseFlushing) {
    this.#shards = shards;
    this.#uses = uses;
  }

  /** Entries that this client drove out, of one store or of all. */
  countOf(storeId: string | undefined): number {
    if (storeId !== undefined) return this.#evictions.get(storeId) ?? 0;
    return [...this.#evictions.values()].reduce((sum, count) => sum + count, 0);
  }

  async makeRoom(want: Reservation | undefined, part: Part | undefined): Promise<Room> {
    if (want !== undefined && part !== undefined)
      return this.#makeRoomIn(this.#shards.of(part), want, part.storeId);
    const rooms: Room[] = [];
    for (const shard of this.#shards.all) {
      const room = await this.#makeRoomIn(shard, want, "");
      rooms.push(room);
      // Whichever shard it is for, one of them has room.
      if (want !== undefined && room.state !== "refused") break;
    }
    const states = rooms.map(({ state }) => state);
    const state = states.includes("more") ? "more" : states.includes("done") ? "done" : "refused";
    return { state, evicted: rooms.flatMap(({ evicted }) => evicted) };
  }

  /** Drives entries of a store that is over its quota out, lowest first, in at most so many steps; true when it is done. */
  async lowerStore(storeId: string, steps: number): Promise<boolean> {
    const done = await Promise.all(
      this.#shards.all.map((shard) => this.#lowerStoreIn(shard, storeId, steps)),
    );
    return done.every(Boolean);
  }

  async condemn(part: Part, token: string): Promise<boolean> {
    const packed = this.#shards.pack(token);
    if (packed === undefined) return false;
    const args = [packed, partId(part), part.storeId, part.key, newNonce()];
    const reply = await this.#shards.run(this.#shards.of(part), CONDEMN, args);
    return reply !== undefined && wordOf(reply) === "condemned";
  }

  async weigh(part: Part, weight: number): Promise<"weighed" | "refused" | "absent"> {
    const args = [partId(part), part.storeId, part.key, String(weight)];
    const shard = this.#shards.of(part);
    const reply = await this.#shards.run(shard, WEIGH, args);
    if (reply?.[1] !== undefined) shard.uses.follow(Number(reply[1]));
    return reply === undefined ? "absent" : (wordOf(reply) as "weighed" | "refused" | "absent");
  }

  async condemned(limit: number): Promise<readonly StoredName[]> {
    const { life, all } = this.#shards;
    const { epoch, connection } = life;
    const lists = await life.ask(() =>
      Promise.all(all.map(({ keys }) => connection.zrangeBuffer(keys.queue, 0, limit - 1))),
    );
    return lists
      .flat()
      .slice(0, limit)
      .map((member) => ({
        token: showToken(epoch, member),
        storeId: member.toString("latin1", TOKEN_BYTES),
      }));
  }

  async free(tokens: readonly string[]): Promise<void> {
    const freeSome = (shard: Shard, some: readonly Buffer[]) => this.#shards.run(shard, FREE, some);
    await Promise.all(
      this.#shards.byShard(tokens).flatMap(([shard, packed]) =>
        slices(packed, TOKENS_PER_SCRIPT).map((some) =>
          freeSome(
            shard,
            some.map(({ bytes }) => bytes),
          ),
        ),
      ),
    );
  }

  async known(names: readonly StoredName[]): Promise<readonly boolean[]> {
    const known = names.map(() => false);
    const askForSome = async (shard: Shard, some: readonly { bytes: Buffer; place: number }[]) => {
      const reply = await this.#shards.run(
        shard,
        KNOWN,
        some.map(({ bytes }) => bytes),
      );
      // What a lost index knew is not known to be nobody's before the new one was asked.
      if (reply === undefined)
        throw new RedisError("refused", "The index was lost while it was asked for names.");
      const digits = String(reply[1]);
      for (const [i, { place }] of some.entries()) known[place] = digits[i] === "1";
    };
    await Promise.all(
      this.#shards
        .byShard(names.map(({ token }) => token))
        .flatMap(([shard, packed]) =>
          slices(packed, TOKENS_PER_SCRIPT).map((some) => askForSome(shard, some)),
        ),
    );
    return known;
  }

  async #lowerStoreIn(shard: Shard, storeId: string, steps: number): Promise<boolean> {
    let place = 0;
    for (let step = 0; step < steps; step++) {
      const reply = await this.#shards.run(shard, LOWER_STORE, [storeId, place]);
      this.#count(storeId, Number(reply?.[2] ?? 0));
      if (reply === undefined || wordOf(reply) === "done") return true;
      place = Number(reply[1]);
    }
    return false;
  }

  #count(storeId: string, evicted: number): void {
    this.#evictions.set(storeId, this.countOf(storeId) + evicted);
  }

  async #makeRoomIn(shard: Shard, want: Reservation | undefined, storeId: string): Promise<Room> {
    await this.#uses.flushShard(shard);
    const args = want === undefined ? ["", 0, 0, ""] : [chargeOf(want), want.cost, want.weight, storeId];
    const { epoch } = this.#shards.life;
    const reply = await this.#shards.run(shard, MAKE_ROOM, [...args, newNonce()]);
    if (reply === undefined) return { state: "done", evicted: [] };
    const evicted: StoredName[] = [];
    for (let i = 1; i + 1 < reply.length; i += 2) {
      const owner = String(reply[i + 1]);
      evicted.push({ storeId: owner, token: showToken(epoch, reply[i] as Buffer) });
      this.#count(owner, 1);
    }
    return { state: wordOf(reply) as Room["state"], evicted };
  }
}
