import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/**
 * What a proxy does to a request instead of passing it on:
 *
 * - `status`: answers with it and a body as S3 writes it, in which `code` stands; or with another `body`, or with `headers` besides.
 * - `delay`: passes it on, and the answer back, so many milliseconds later.
 * - `hang`: says nothing until the client leaves.
 * - `hangMidBody`: sends the head and half of the body, then nothing.
 * - `reset`: breaks the connection.
 * - `truncate`: sends the head and half of the body, then breaks the connection.
 * - `shorten`: sends half of the body as if it were all of it.
 * - `flipBit`: changes one bit of the body.
 * - `ignoreRange`: passes it on without its `Range`.
 */
export type HttpFault =
  | {
      readonly status: number;
      readonly code?: string;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly delay: number }
  | "hang"
  | "hangMidBody"
  | "reset"
  | "truncate"
  | "shorten"
  | "flipBit"
  | "ignoreRange";

/** Stands between a client and a server, on the loopback. */
export interface HttpFaultProxy {
  readonly endpoint: string;
  /** The requests so far: `GET /bucket/key?query`, ranges behind it. */
  readonly requests: readonly string[];
  /** How many requests the server has answered, also those whose client has left. */
  readonly answered: number;
  /** Requests that are with the server now, and whose client has not left. */
  readonly inFlight: number;
  /** Most requests that were with the server at once. */
  readonly maxInFlight: number;
  /** Strikes the next `times` requests of a method, all by default. Returns the way to take it back. */
  strike(fault: HttpFault, method?: string, times?: number): () => void;
  /** Answers the next request of a method with this body and does not pass it on. */
  answer(method: string, body: string): void;
  /** Holds requests of a method, after so many that pass, until the function that it returns is called. */
  hold(method: string, after?: number): () => void;
  stop(): Promise<void>;
}

interface Rule {
  readonly fault: HttpFault;
  readonly method: string | undefined;
  left: number;
}

/** Starts a proxy in front of a server. */
export async function startHttpFaultProxy(target: string): Promise<HttpFaultProxy> {
  const { hostname, port } = new URL(target);
  const rules = new Set<Rule>();
  const gates = new Map<string, { passing: number; readonly open: Promise<void> }>();
  const requests: string[] = [];
  let answered = 0;
  let inFlight = 0;
  let maxInFlight = 0;

  const strikes = (method: string | undefined): HttpFault | undefined => {
    for (const rule of rules) {
      if (rule.left <= 0 || (rule.method !== undefined && rule.method !== method)) continue;
      rule.left -= 1;
      return rule.fault;
    }
    return undefined;
  };

  const serve = async (from: IncomingMessage, to: ServerResponse) => {
    const body = await bodyOf(from);
    const { method, url, headers } = from;
    requests.push(`${method} ${url}${headers.range === undefined ? "" : ` ${headers.range}`}`);
    inFlight += 1;
    maxInFlight = Math.max(maxInFlight, inFlight);
    to.once("close", () => {
      inFlight -= 1;
    });
    const gate = gates.get(method ?? "");
    if (gate !== undefined && gate.passing-- <= 0) await gate.open;
    const fault = strikes(method);
    if (fault === "hang") return;
    if (fault === "reset") return void from.socket.destroy();
    if (typeof fault === "object" && "delay" in fault) await pause(fault.delay);
    else if (typeof fault === "object") {
      to.writeHead(fault.status, { "content-type": "application/xml", ...fault.headers });
      to.end(fault.body ?? `<Error><Code>${fault.code}</Code><Message>struck</Message></Error>`);
      return;
    }
    const { range, ...rest } = headers;
    const passed = fault === "ignoreRange" || range === undefined ? rest : headers;
    const onward = request({ host: hostname, port, method, path: url, headers: passed });
    onward.end(body);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    const answerBody = await bodyOf(answer);
    answered += 1;
    spoil(fault, answer, answerBody, to);
  };

  const server = createServer((from, to) => {
    serve(from, to).catch(() => to.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const strike = (fault: HttpFault, method?: string, times: number = Number.POSITIVE_INFINITY) => {
    const rule = { fault, method, left: times };
    rules.add(rule);
    return () => rules.delete(rule);
  };

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get answered() {
      return answered;
    },
    get inFlight() {
      return inFlight;
    },
    get maxInFlight() {
      return maxInFlight;
    },
    strike,
    answer: (method, body) => void strike({ status: 200, body }, method, 1),
    hold(method, after = 0) {
      let open = () => {};
      gates.set(method, { passing: after, open: new Promise((resolve) => (open = resolve)) });
      return () => {
        gates.delete(method);
        open();
      };
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function spoil(
  fault: HttpFault | undefined,
  answer: IncomingMessage,
  body: Buffer,
  to: ServerResponse,
): void {
  const half = body.subarray(0, body.length >> 1);
  if (fault === "flipBit" && body.length > 0) body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 4;
  const { "transfer-encoding": _, ...headers } = answer.headers;
  const hasLength = headers["content-length"] !== undefined;
  if (fault === "shorten" && hasLength) headers["content-length"] = String(half.length);
  to.writeHead(answer.statusCode ?? 500, headers);
  if (fault === "shorten") to.end(half);
  else if (fault === "truncate") to.write(half, () => to.destroy());
  else if (fault === "hangMidBody") to.write(half);
  else to.end(body);
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
