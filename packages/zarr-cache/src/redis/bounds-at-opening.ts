import type { IndexUsage } from "../store-index.ts";
import type { EvictionSteps } from "./eviction-steps.ts";
import type { RedisIndexSettings } from "./redis-index-options.ts";

/** What an index is brought within its bounds with. */
export interface BoundsContext {
  readonly settings: Pick<RedisIndexSettings, "setAside" | "quotas">;
  readonly room: EvictionSteps;
  usage(): Promise<IndexUsage>;
  isClosed(): boolean;
}

/** Steps that an opening waits for. */
const ROUNDS = 16;

/** Evicts down to bounds that were lowered since the index was last opened: some at once, the rest of the quotas behind it. */
export async function keepBounds({ settings, room, usage, isClosed }: BoundsContext): Promise<void> {
  const isOverfull = async () => {
    const { bytes, condemnedBytes, maxBytes, entries, maxEntries } = await usage();
    return bytes - condemnedBytes > maxBytes - settings.setAside || entries > maxEntries;
  };
  for (let round = 0; round < ROUNDS; round++)
    if (!(await isOverfull()) || (await room.makeRoom(undefined, undefined)).state === "done") break;
  for (const [storeId] of settings.quotas) {
    if (await room.lowerStore(storeId, ROUNDS)) continue;
    const goOn = async () => {
      while (!isClosed() && !(await room.lowerStore(storeId, Number.POSITIVE_INFINITY)));
    };
    // Whoever opens the index next goes on, should this fail.
    void goOn().catch(() => {});
  }
}
