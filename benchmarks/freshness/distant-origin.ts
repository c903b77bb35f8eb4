import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What an origin was asked, and the bodies that it sent. */
export interface Traffic {
  readonly requests: number;
  readonly bodies: number;
}

/** A web server some milliseconds away, with entity tags, which counts. */
export interface DistantOrigin {
  readonly url: string;
  /** The traffic since the last call. */
  taken(): Traffic;
  close(): Promise<void>;
}

/** Serves values from memory, each answer so many milliseconds late. */
export async function distantOrigin(
  values: ReadonlyMap<string, Uint8Array>,
  milliseconds: number,
): Promise<DistantOrigin> {
  let [requests, bodies] = [0, 0];
  const tags = new Map([...values].map(([key, value]) => [key, etagOf(value)]));
  const server = createServer(async (request, response) => {
    requests++;
    await sleep(milliseconds);
    const value = values.get(request.url ?? "");
    const etag = tags.get(request.url ?? "") ?? "";
    if (value === undefined) response.writeHead(404).end();
    else if (request.headers["if-none-match"] === etag) response.writeHead(304, { etag }).end();
    else {
      bodies++;
      response.writeHead(200, { etag, "content-length": value.byteLength }).end(value);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken() {
      const traffic = { requests, bodies };
      [requests, bodies] = [0, 0];
      return traffic;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function etagOf(value: Uint8Array): string {
  return `"${createHash("sha1").update(value).digest("hex").slice(0, 16)}"`;
}
