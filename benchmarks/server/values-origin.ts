import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A web server with any number of values, that counts. */
export interface ValuesOrigin {
  readonly port: number;
  /** Requests since the last call. */
  taken(): number;
  close(): Promise<void>;
}

/** Path of a value of so many bytes; below `slow` it comes half a second late. */
export const valuePath = (bytes: number, name: string | number, slow = false) =>
  `/${slow ? "slow" : "data"}/${bytes}/${name}`;

/** Answers any {@link valuePath} from memory. */
function answerValues(): RequestListener {
  const bodies = new Map<number, Buffer>();
  return async (request, response) => {
    const [, kind, bytes] = /\/(data|slow)\/(\d+)\/[^/.]+$/.exec(request.url ?? "") ?? [];
    if (kind === undefined) return void response.writeHead(404).end();
    if (kind === "slow") await sleep(500);
    const size = Number(bytes);
    const body = bodies.get(size) ?? Buffer.alloc(size, "zarr");
    bodies.set(size, body);
    response.writeHead(200, {
      "content-type": "application/octet-stream",
      "content-length": size,
      "cache-control": "max-age=86400",
      etag: `"${size}"`,
    });
    response.end(body);
  };
}

/** Starts a {@link ValuesOrigin}. */
export async function valuesOrigin(): Promise<ValuesOrigin> {
  let requests = 0;
  const answer = answerValues();
  const server = createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    taken() {
      const taken = requests;
      requests = 0;
      return taken;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
