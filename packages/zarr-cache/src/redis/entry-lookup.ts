import { type Part, partId, wholeId } from "../part.ts";
import type { IndexEntry } from "../store-index.ts";
import type { RedisConnection } from "./connection.ts";
import { birthOf, unpackFacts } from "./entry-record.ts";
import { isMarkOf, tellsOfCuts } from "./epoch-mark.ts";
import type { ShardKeys } from "./shard-keys.ts";

/** What a look-up needs of a shard. */
export interface LookupPlace {
  readonly keys: ShardKeys;
  /** Whether there were cuts when it was last looked at. */
  hasCuts: boolean;
}

/** What a look-up tells. */
export interface LookupEvents {
  /** Makes a tagged error of what ioredis rejected with. */
  tag(error: unknown): Error;
  /** The shard is not of this epoch. */
  lost(epoch: string): void;
}

/**
 * Finds the entry that answers a part: one HMGET of the part, the whole value, and the epoch's mark, which tells whether
 * there are cuts. While there are, the cuts of the key and of everything above it are asked for as well, from then on
 * in the same command.
 */
export async function findEntry(
  connection: RedisConnection,
  place: LookupPlace,
  epoch: string,
  part: Part,
  events: LookupEvents,
): Promise<IndexEntry | undefined> {
  const fields = part.range === undefined ? ["!", partId(part)] : ["!", partId(part), wholeId(part)];
  const entries = fields.length - 1;
  for (;;) {
    const asked = place.hasCuts ? [...fields, ...cutFields(part)] : fields;
    let found: (Buffer | null)[];
    try {
      found = await connection.hmgetBuffer(place.keys.entries, ...asked);
    } catch (error) {
      throw events.tag(error);
    }
    const mark = found[0];
    if (!mark || !isMarkOf(mark, epoch)) {
      events.lost(epoch);
      return undefined;
    }
    place.hasCuts = tellsOfCuts(mark);
    if (place.hasCuts && asked === fields) continue;
    const cut = latestCut(found, fields.length);
    for (let i = 1; i <= entries; i++) {
      const bytes = found[i];
      if (bytes && birthOf(bytes) >= cut) return unpackFacts(bytes, epoch, i === 2);
    }
    return undefined;
  }
}

/** The fields of the cuts that cover a key, as `lua/cuts.ts` names them. */
export function cutFields({ storeId, key }: Pick<Part, "storeId" | "key">): string[] {
  const fields = [`=${storeId}\n${key}`];
  for (let at = 0; at !== -1; at = key.indexOf("/", at + 1))
    fields.push(`>${storeId}\n${key.slice(0, at + 1)}`);
  return fields;
}

function latestCut(found: readonly (Buffer | null)[], from: number): number {
  let latest = 0;
  for (let i = from; i < found.length; i++)
    if (found[i]) latest = Math.max(latest, Number(found[i]?.toString("latin1")));
  return latest;
}
