import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { deferred } from "zarr-cache/testing";

/** What the origin does with one request; written down in the order in which it happens. */
export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Sends only so many bytes of the body. */
  readonly bytes?: number;
  /**
   * Then, instead of ending well: `close` closes the connection as if all had been sent, `reset` tears it down, `stall`
   * sends nothing more, and `silence` does not even answer.
   */
  readonly end?: "close" | "reset" | "stall" | "silence";
  /** Sends the body in pieces of so many bytes. */
  readonly pieces?: number;
}

/** What a request was, and how it went on. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Resolves when the client has closed the connection before the answer was complete. */
  readonly abandoned: Promise<void>;
}

/** A server on a real socket that misbehaves on order. */
export interface ScriptedOrigin {
  readonly url: string;
  readonly requests: readonly Recorded[];
  /** Requests of which the answer is not complete and the client still waits. */
  readonly underWay: number;
  /** Resolves with the n-th request, counted from 0, once it has come. */
  arrived(n: number): Promise<Recorded>;
}

/** Starts an origin on a free port; it ends with the test. `script` says what to do with each request. */
export async function scriptedOrigin(
  script: (request: Recorded, n: number) => Scripted | Promise<Scripted>,
): Promise<ScriptedOrigin> {
  const requests: Recorded[] = [];
  const awaited = new Map<number, ReturnType<typeof deferred<Recorded>>>();
  let underWay = 0;
  const server = createServer(async (request, response) => {
    const abandoned = deferred();
    const recorded: Recorded = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      abandoned: abandoned.promise,
    };
    underWay++;
    response.on("close", () => {
      underWay--;
      if (!response.writableFinished) abandoned.resolve();
    });
    requests.push(recorded);
    awaited.get(requests.length - 1)?.resolve(recorded);
    play(await script(recorded, requests.length - 1), recorded, response);
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket.on("close", () => sockets.delete(socket)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get underWay() {
      return underWay;
    },
    async arrived(n) {
      const there = requests[n];
      if (there !== undefined) return there;
      const wait = awaited.get(n) ?? deferred<Recorded>();
      awaited.set(n, wait);
      return wait.promise;
    },
  };
}

function play(scripted: Scripted, { method }: Recorded, response: ServerResponse): void {
  const { status = 200, headers = {}, body = "", bytes, end, pieces } = scripted;
  if (end === "silence") return;
  const content = typeof body === "string" ? Buffer.from(body) : Buffer.from(body);
  response.sendDate = !("date" in headers);
  response.strictContentLength = false;
  // A length that is not told is not sent by Node either: the body then goes in chunks.
  response.writeHead(status, { ...headers });
  response.flushHeaders();
  const sent = method === "HEAD" ? Buffer.alloc(0) : content.subarray(0, bytes ?? content.length);
  const step = pieces ?? Math.max(1, sent.length);
  for (let at = 0; at < sent.length; at += step) response.write(sent.subarray(at, at + step));
  if (end === "stall") return;
  // What was written has to be on its way before the connection goes.
  if (end === "close") setImmediate(() => response.socket?.end());
  else if (end === "reset") setImmediate(() => response.socket?.resetAndDestroy());
  else response.end();
}

/** Answers for one value as a good server does: whole, in ranges, by its version. */
export function wellBehaved(
  value: Uint8Array | undefined,
  { headers, method }: Recorded,
  etag = '"v1"',
): Scripted {
  if (value === undefined) return { status: 404, body: "no such key" };
  const told = { etag, "accept-ranges": "bytes" };
  if (headers["if-none-match"] === etag) return { status: 304, headers: told };
  if (headers["if-match"] !== undefined && headers["if-match"] !== etag)
    return { status: 412, headers: told };
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "") ?? [];
  const size = value.byteLength;
  if (method === "HEAD" || (first === "" && last === ""))
    return { headers: { ...told, "content-length": String(size) }, body: value };
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const stop = first === "" || last === "" ? size : Math.min(Number(last) + 1, size);
  if (start >= stop) return { status: 416, headers: { "content-range": `bytes */${size}` } };
  return {
    status: 206,
    headers: {
      ...told,
      "content-range": `bytes ${start}-${stop - 1}/${size}`,
      "content-length": String(stop - start),
    },
    body: value.subarray(start, stop),
  };
}
