import type { RedisConnection } from "./connection.ts";
import { cutFields } from "./entry-lookup.ts";

/** Tells what cuts hide. */
export interface Hiding {
  hides(storeId: string, key: string, birth: number): boolean;
}

const NOTHING: Hiding = { hides: () => false };

/** Reads the cuts of a shard, of which there are few or none. */
export async function readCuts(connection: RedisConnection, key: string): Promise<Hiding> {
  const reply = (await connection.callBuffer("HGETALL", key)) as Buffer[];
  if (reply.length === 0) return NOTHING;
  const serials = new Map<string, number>();
  for (let i = 0; i + 1 < reply.length; i += 2) serials.set(String(reply[i]), Number(reply[i + 1]));
  return {
    hides: (storeId, name, birth) =>
      cutFields({ storeId, key: name }).some((field) => birth < (serials.get(field) ?? 0)),
  };
}
