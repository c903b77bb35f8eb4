import { type IncomingMessage, Server, type ServerOptions, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { LimitsConfig } from "../config/server-sections.ts";
import { answeredTogether } from "./answered-together.ts";

/** How long a connection without a request is kept. */
const KEEP_ALIVE = 65_000;

/** What answers requests; the second argument has the request and the answer of Node. */
export type FetchHandler = (request: Request, bindings: HttpBindings) => Promise<Response>;

/** Answers a request at once or later, or leaves it to others: then it has done nothing. */
export type Lane = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/** A server of Node that can also close what Node takes for connections in use: those on which nothing was sent yet. */
export class HttpServer extends Server {
  readonly #connections = new Set<Socket>();

  constructor(
    options: ServerOptions,
    listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  ) {
    super(options, listener);
    this.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
    });
  }

  /** How many connections are open. */
  get connected(): number {
    return this.#connections.size;
  }

  /** At once; `closeIdleConnections` closes those that wait for their next request. */
  closeUnusedConnections(): void {
    for (const socket of this.#connections) if (socket.bytesRead === 0) socket.destroy();
  }
}

/**
 * Makes a server of Node for an application, with its limits on heads, connections and slow clients. What the lane takes
 * does not become a `Request`.
 */
export function createHttpServer(fetch: FetchHandler, lane: Lane, limits: LimitsConfig): HttpServer {
  const listener = getRequestListener((request, bindings) => fetch(request, bindings as HttpBindings));
  const options = {
    maxHeaderSize: limits.maxHeaderBytes,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: KEEP_ALIVE,
    // As `Headers` has them: a second line is not ignored.
    joinDuplicateHeaders: true,
  };
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (!lane(incoming, outgoing)) void listener(incoming, outgoing);
  };
  const together = answeredTogether(answer);
  // Over an only connection nothing else can come.
  const server = new HttpServer(options, (incoming, outgoing) =>
    server.connected === 1 ? answer(incoming, outgoing) : together(incoming, outgoing),
  );
  server.on("timeout", (socket) => socket.destroy());
  applyLimits(server, limits);
  return server;
}

/** Sets the limits that a server can change while it runs; those on time count for connections from now on. */
export function applyLimits(server: Server, limits: LimitsConfig): void {
  server.maxConnections = limits.maxConnections;
  // A client that sends its head or its body a byte at a time holds nothing for long.
  server.headersTimeout = Math.min(limits.requestTimeout, 30_000);
  server.requestTimeout = limits.requestTimeout;
  // One that does not take its answer neither.
  server.timeout = limits.sendTimeout;
}

/** Listens; resolves to the port, once it does. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** Takes no connections any more, and resolves when the last answer is out, or after so many milliseconds at most. */
export function drain(server: HttpServer, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), milliseconds);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    // What waits for its next request is not waited for, nor what browsers open for requests to come.
    server.closeIdleConnections();
    server.closeUnusedConnections();
  });
}
