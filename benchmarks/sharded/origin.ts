import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A web server that takes its time, and counts. */
export interface SlowOrigin {
  readonly url: string;
  /** What was asked and sent since the last call. */
  taken(): { readonly requests: number; readonly bytes: number };
  close(): void;
}

/** Serves values by HTTP as a good server does, ranges and HEAD included; each answer takes so many milliseconds. */
export async function slowOrigin(
  values: ReadonlyMap<string, Uint8Array>,
  milliseconds: number,
): Promise<SlowOrigin> {
  let [requests, bytes] = [0, 0];
  const server = createServer(async (request, response) => {
    requests++;
    await sleep(milliseconds);
    const value = values.get(request.url ?? "");
    if (value === undefined) {
      response.writeHead(404).end();
      return;
    }
    const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const size = value.byteLength;
    const start = first === "" ? (last === "" ? 0 : Math.max(0, size - Number(last))) : Number(first);
    const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
    const isPart = request.headers.range !== undefined;
    response.writeHead(isPart ? 206 : 200, {
      etag: '"1"',
      "accept-ranges": "bytes",
      "content-length": end - start,
      ...(isPart && { "content-range": `bytes ${start}-${end - 1}/${size}` }),
    });
    const body = value.subarray(start, end);
    if (request.method !== "HEAD") bytes += body.byteLength;
    response.end(request.method === "HEAD" ? undefined : body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken() {
      const counted = { requests, bytes };
      [requests, bytes] = [0, 0];
      return counted;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
