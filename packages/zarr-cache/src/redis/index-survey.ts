import type { EntryPage, EntryQuery, IndexUsage } from "../store-index.ts";
import { listEntries } from "./entry-listing.ts";
import type { EvictionSteps } from "./eviction-steps.ts";
import type { IndexLife } from "./index-life.ts";
import { readUsage } from "./index-usage.ts";
import { inspect } from "./index-verification.ts";
import type { RedisIndexSettings } from "./redis-index-options.ts";
import { repay } from "./repaying.ts";
import type { Script, ScriptArgument } from "./script.ts";
import type { Shards } from "./shards.ts";
import type { UseFlushing } from "./use-flushing.ts";

/** What an index is looked over with. */
export interface SurveyContext {
  readonly settings: Pick<RedisIndexSettings, "setAside" | "lockAge">;
  readonly life: IndexLife;
  readonly shards: Shards;
  readonly uses: UseFlushing;
  readonly room: EvictionSteps;
  /** Time on the index's clock. */
  now(): number;
}

/** What concerns all shards at once: what there is, whether it adds up, and what an earlier life left. */
export class IndexSurvey {
  readonly #context: SurveyContext;

  constructor(context: SurveyContext) {
    this.#context = context;
  }

  async usage(storeId?: string): Promise<IndexUsage> {
    const { life, shards, settings, room, now } = this.#context;
    const { lockAge, setAside } = settings;
    const place = { connection: life.connection, shards: shards.all, now: now(), lockAge };
    const usage = await life.ask(() => readUsage(place, storeId));
    return { ...usage, maxBytes: usage.maxBytes + setAside, evictions: room.countOf(storeId) };
  }

  async entries(query: EntryQuery): Promise<EntryPage> {
    const { life, shards, uses, now } = this.#context;
    await uses.flush();
    const { connection, epoch } = life;
    return life.ask(() => listEntries({ connection, shards: shards.all, epoch, now }, query));
  }

  async verify({ repair }: { readonly repair: boolean }): Promise<readonly string[]> {
    const { life, shards } = this.#context;
    const { connection } = life;
    const findings: string[] = [];
    for (const shard of shards.all) {
      const run = (script: Script, args: readonly ScriptArgument[]) => shards.run(shard, script, args);
      findings.push(...(await life.ask(() => inspect({ connection, keys: shard.keys, run }, repair))));
    }
    return findings;
  }

  repay(purger: string, repaid: number): Promise<"held" | "busy" | "clean"> {
    const { life } = this.#context;
    const { connection } = life;
    const heads = () =>
      life.ask(() => Promise.all(life.shards.map(({ books }) => connection.hgetBuffer(books, "h"))));
    const run = (shard: number, script: Script, args: readonly ScriptArgument[]) =>
      life.run(shard, script, args);
    return repay({ heads, run }, purger, repaid);
  }
}
