/**
 * A distant server, as a process of its own: serves a directory over HTTP from a free port of the loopback interface,
 * with the latency and the bandwidth of a server far away, and counts what it is asked.
 *
 * Arguments: directory, milliseconds before each answer, bytes per second and connection.
 * Questions: see `OriginQuestion`.
 */
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { answerMessages } from "./answer-messages.ts";
import { parseRange } from "./range-header.ts";

export type OriginQuestion =
  /** Where is it? Answered with the URL. */
  | { readonly ask: "url" }
  /** What was it asked so far? Answered with `Traffic`. */
  | { readonly ask: "traffic" }
  /** From now on, answer for one path with what lies at another. */
  | { readonly ask: "serve"; readonly path: string; readonly instead: string };

/** What a server was asked, and the bytes of bodies that it answered. */
export interface Traffic {
  readonly requests: number;
  readonly bytes: number;
}

const [directory = ".", latency = "0", bandwidth = "Infinity"] = process.argv.slice(2);
const SLICE_BYTES = 16 * 1024;
const files = new Map<string, Uint8Array>();
for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" }))
  if (statSync(join(directory, name)).isFile()) files.set(`/${name}`, readFileSync(join(directory, name)));

let requests = 0;
let bytes = 0;
const server = createServer(async (request, response) => {
  requests += 1;
  await sleep(Number(latency));
  const file = files.get(decodeURIComponent(new URL(request.url ?? "/", "http://origin").pathname));
  if (!file) return void response.writeHead(404).end();
  const range = parseRange(request.headers.range, file.length);
  if (range === "unsatisfiable")
    return void response.writeHead(416, { "content-range": `bytes */${file.length}` }).end();
  const { start, end } = range ?? { start: 0, end: file.length };
  response.writeHead(range ? 206 : 200, {
    "accept-ranges": "bytes",
    "content-length": end - start,
    ...(range && { "content-range": `bytes ${start}-${end - 1}/${file.length}` }),
  });
  if (request.method === "HEAD") return void response.end();
  await send(response, file.subarray(start, end));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

/** Writes a body no faster than the bandwidth; a connection carries one answer at a time. */
async function send(response: ServerResponse, body: Uint8Array): Promise<void> {
  const began = performance.now();
  for (let sent = 0; sent < body.length && !response.destroyed; ) {
    const slice = body.subarray(sent, sent + SLICE_BYTES);
    sent += slice.length;
    bytes += slice.length;
    const wait = began + (sent / Number(bandwidth)) * 1000 - performance.now();
    if (wait > 1) await sleep(wait);
    response.write(slice);
  }
  response.end();
}

answerMessages<OriginQuestion>((question) => {
  if (question.ask === "url") return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  if (question.ask === "traffic") return { requests, bytes } satisfies Traffic;
  const other = files.get(question.instead);
  if (other) files.set(question.path, other);
  return other !== undefined;
});
