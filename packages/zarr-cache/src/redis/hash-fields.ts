import type { RedisConnection } from "./connection.ts";

const STEPS = 1000;

/** Goes through a hash in short steps, so that Redis is never held for long; a field that is there all the while comes at least once. */
export async function* fieldsOf(
  connection: RedisConnection,
  key: string,
): AsyncIterable<readonly [field: Buffer, value: Buffer]> {
  let cursor = "0";
  do {
    const [next, page] = await connection.hscanBuffer(key, cursor, "COUNT", STEPS);
    cursor = next.toString("latin1");
    for (let i = 0; i + 1 < page.length; i += 2) yield [page[i] as Buffer, page[i + 1] as Buffer];
  } while (cursor !== "0");
}
