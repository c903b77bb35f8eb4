import type { RedisConnection } from "./connection.ts";
import { cutFields } from "./entry-lookup.ts";
import { fieldsOf } from "./hash-fields.ts";

/** Tells what cuts hide. */
export interface Hiding {
  hides(storeId: string, key: string, birth: number): boolean;
}

const NOTHING: Hiding = { hides: () => false };

/** Reads the cuts of a shard. */
export async function readCuts(connection: RedisConnection, key: string): Promise<Hiding> {
  const serials = new Map<string, number>();
  for await (const [field, serial] of fieldsOf(connection, key)) serials.set(String(field), Number(serial));
  if (serials.size === 0) return NOTHING;
  return {
    hides: (storeId, name, birth) =>
      cutFields({ storeId, key: name }).some((field) => birth < (serials.get(field) ?? 0)),
  };
}
