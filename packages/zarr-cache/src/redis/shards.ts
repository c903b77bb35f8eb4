import type { Part } from "../part.ts";
import type { LookupPlace } from "./entry-lookup.ts";
import type { IndexLife } from "./index-life.ts";
import { RedisError } from "./redis-error.ts";
import type { Script, ScriptArgument, ScriptReply } from "./script.ts";
import { shardOf } from "./shard-keys.ts";
import { newShardToken, packToken } from "./shard-token.ts";
import { UseBuffer } from "./use-buffer.ts";

/** One shard as this client knows it. */
export interface Shard extends LookupPlace {
  readonly number: number;
  readonly uses: UseBuffer;
  /** Where the next sweep goes on. */
  stateCursor: string;
  claimCursor: string;
}

/** A token as Redis keeps it, and its place among those that were given. */
export interface PlacedToken {
  readonly bytes: Buffer;
  readonly place: number;
}

/** Tries of what must be done although the index was lost meanwhile. */
const LIVES = 3;

/** The shards of an index: which one a part or a token belongs to, and scripts run on them. */
export class Shards {
  readonly all: readonly Shard[];
  readonly life: IndexLife;

  constructor(life: IndexLife) {
    this.life = life;
    this.all = life.shards.map((keys, number) => ({
      keys,
      number,
      uses: new UseBuffer(),
      hasCuts: false,
      stateCursor: "0",
      claimCursor: "0",
    }));
  }

  /** The one that has the stream. */
  get first(): Shard {
    return this.all[0] as Shard;
  }

  of(part: Pick<Part, "storeId" | "key">): Shard {
    return this.all[shardOf(part, this.all.length)] as Shard;
  }

  /** What Redis keeps of a token; `undefined` for one of another life. */
  pack(token: string): Buffer | undefined {
    return packToken(token, this.life.epoch, this.all.length);
  }

  /** Tokens of this life by the shard that charges for them. */
  byShard(tokens: readonly string[]): readonly (readonly [Shard, readonly PlacedToken[]])[] {
    const found = new Map<Shard, PlacedToken[]>();
    for (const [place, token] of tokens.entries()) {
      const bytes = this.pack(token);
      if (bytes === undefined) continue;
      const shard = this.all[bytes[0] as number] as Shard;
      const list = found.get(shard) ?? [];
      found.set(shard, list);
      list.push({ bytes, place });
    }
    return [...found];
  }

  /** Runs a script; `undefined` where the index was lost, so that nothing was done. */
  run(
    shard: Shard,
    script: Script,
    args: readonly ScriptArgument[],
    moreKeys?: readonly string[],
  ): Promise<ScriptReply | undefined> {
    return this.life.run(shard.number, script, args, moreKeys);
  }

  /** Runs a script that must be done whichever life the index is in. */
  async insist(
    shard: Shard,
    script: Script,
    args: () => readonly ScriptArgument[],
    moreKeys?: readonly string[],
  ): Promise<ScriptReply> {
    for (let life = 0; life < LIVES; life++) {
      const reply = await this.run(shard, script, args(), moreKeys);
      if (reply !== undefined) return reply;
    }
    throw new RedisError("refused", "Redis lost the index again and again.");
  }

  /** A key for the answer of one call, should it be sent twice. */
  replyKey({ keys }: Shard): string {
    return keys.replyOf(newShardToken(0).toString("hex"));
  }

  /** The key of the stream, where this shard has it. */
  streamOf(shard: Shard): readonly string[] {
    return shard === this.first ? [shard.keys.stream] : [];
  }
}

/** Names one call, should it be sent twice. */
export function newNonce(): Buffer {
  return newShardToken(0).subarray(1, 9);
}

/** Divides what is too much for one script. */
export function slices<T>(all: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let i = 0; i < all.length; i += size) parts.push(all.slice(i, i + size));
  return parts;
}
