import type { AddressInfo } from "node:net";
import type { ServedStore, ServerContext } from "@zarr-cache/server";
import type { SourceLike } from "zarr-cache";
import { fakeClock } from "zarr-cache/testing";
import { createApp, sharedParts } from "../../src/app.ts";
import { limitsSection } from "../../src/config/server-sections.ts";
import { createHttpServer, listen } from "../../src/node/http-server.ts";
import { ReadLane } from "../../src/node/read-lane.ts";
import { type TestContextOptions, testContext } from "./test-context.ts";
import type { TestServer } from "./test-server.ts";

/** A server that is asked over connections, as `serve` answers them. */
export interface NodeServer extends TestServer, AsyncDisposable {
  readonly context: ServerContext;
  readonly port: number;
  /** How many requests the lane for reads has taken. */
  taken(): number;
}

/** Serves one source as the store `data` at a free port of the loopback. */
export async function nodeServer(source?: SourceLike, options: TestContextOptions = {}): Promise<NodeServer> {
  const clock = options.ticking ?? fakeClock();
  const context = testContext(source, { ...options, ticking: clock });
  const parts = sharedParts(context);
  const app = createApp(context, parts);
  const lane = new ReadLane(parts);
  let taken = 0;
  const server = createHttpServer(
    async (request, bindings) => app.fetch(request, bindings),
    (incoming, outgoing) => {
      const isTaken = lane.take(incoming, outgoing, { beforeWriting() {}, waits() {}, ended() {} });
      if (isTaken) taken++;
      return isTaken;
    },
    limitsSection.parse({}),
  );
  await listen(server, "127.0.0.1", 0);
  const { port } = server.address() as AddressInfo;
  const request = async (path: string, init?: RequestInit) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
    // Whole, so that the connection is free for the next one.
    const body = await answer.arrayBuffer();
    await context.cache.idle();
    const { status, headers } = answer;
    return new Response(body.byteLength === 0 ? null : body, { status, headers });
  };
  return {
    clock,
    context,
    port,
    cache: context.cache,
    store: (context.stores.get("data") as ServedStore).store,
    request,
    ask: (path, init) => request(`/stores/data${path}`, init),
    taken: () => taken,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
