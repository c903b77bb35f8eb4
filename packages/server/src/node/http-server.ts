import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { LimitsConfig } from "../config/server-sections.ts";

/** How long a connection without a request is kept. */
const KEEP_ALIVE = 65_000;

/** What answers requests; the second argument has the request and the answer of Node. */
export type FetchHandler = (request: Request, bindings: HttpBindings) => Promise<Response>;

/** Answers a request at once or later, or leaves it to others: then it has done nothing. */
export type Lane = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/**
 * Makes a server of Node for an application, with its limits on heads, connections and slow clients. What the lane takes
 * does not become a `Request`.
 */
export function createHttpServer(fetch: FetchHandler, lane: Lane, limits: LimitsConfig): Server {
  const listener = getRequestListener((request, bindings) => fetch(request, bindings as HttpBindings));
  const options = {
    maxHeaderSize: limits.maxHeaderBytes,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: KEEP_ALIVE,
    // As `Headers` has them: a second line is not ignored.
    joinDuplicateHeaders: true,
  };
  const server = createServer(options, (incoming, outgoing) => {
    if (!lane(incoming, outgoing)) void listener(incoming, outgoing);
  });
  server.on("timeout", (socket) => socket.destroy());
  keepConnections(server);
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
export function drain(server: Server, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), milliseconds);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    // What waits for its next request is not waited for, nor what browsers open for requests to come.
    server.closeIdleConnections();
    for (const socket of connectionsOf.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy();
  });
}

/** Node takes a connection on which nothing was sent yet for one that is in use. */
const connectionsOf = new WeakMap<Server, Set<Socket>>();

function keepConnections(server: Server): void {
  const connections = new Set<Socket>();
  connectionsOf.set(server, connections);
  server.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
}
