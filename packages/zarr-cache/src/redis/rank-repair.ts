import { entriesOf } from "./entry-listing.ts";
import type { VerifiedShard } from "./index-verification.ts";
import { RANK_ENTRIES, REMOVE_RANKS } from "./lua/rank-repair-scripts.ts";
import { slices } from "./shards.ts";

const PER_SCRIPT = 200;

/** Gives a rank to every entry of a shard that has none, and takes those away that are of no entry; in short steps. */
export async function repairRanks(shard: VerifiedShard): Promise<void> {
  const { connection, keys, run } = shard;
  for (const key of keys.ranks) {
    let cursor = "0";
    do {
      const page = await connection.callBuffer("ZSCAN", key, cursor, "COUNT", PER_SCRIPT);
      const [next, found] = page as [Buffer, Buffer[]];
      cursor = next.toString("latin1");
      const members = found.filter((_, i) => i % 2 === 0);
      for (const some of slices(members, PER_SCRIPT)) await run(REMOVE_RANKS, some);
    } while (cursor !== "0");
  }
  let ids: string[] = [];
  for await (const [id] of entriesOf(connection, keys)) {
    ids.push(id);
    if (ids.length < PER_SCRIPT) continue;
    await run(RANK_ENTRIES, ids);
    ids = [];
  }
  if (ids.length > 0) await run(RANK_ENTRIES, ids);
}
