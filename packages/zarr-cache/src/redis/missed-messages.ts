import type { Changes } from "../store-index.ts";
import type { RedisConnection } from "./connection.ts";
import { parsePlace, readMessage, type StreamPlace } from "./stream-place.ts";

const PAGE = 1000;

/**
 * Reads what was dropped between a position that an earlier process kept and now, at least up to where this one began to
 * listen. Lost where it is of another life of the index, or the stream has been trimmed behind it.
 */
export async function readMissed(
  connection: RedisConnection,
  stream: string,
  begun: StreamPlace,
  position: string,
): Promise<Changes> {
  const from = parsePlace(position);
  const lost: Changes = { cursor: 0, lost: true, paths: [] };
  if (from?.epoch !== begun.epoch) return lost;
  const paths: { readonly storeId: string; readonly path: string }[] = [];
  let place = from;
  for (;;) {
    const args = [stream, `(${place.id}`, "+", "COUNT", PAGE] as const;
    const page = (await connection.callBuffer("XRANGE", ...args)) as [Buffer, Buffer[]][];
    for (const [id, fields] of page) {
      const { number, storeId, path } = readMessage(fields);
      if (number !== place.number + 1) return lost;
      place = { ...place, id: id.toString("latin1"), number };
      paths.push({ storeId, path });
    }
    if (page.length < PAGE) break;
  }
  if (place.number < begun.number) return lost;
  return { cursor: 0, lost: false, paths };
}
