import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of the loopback that answers with what a function of `Request` gives. */
export interface FetchServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startFetchServer(
  handle: (request: Request) => Promise<Response>,
): Promise<FetchServer> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = "GET" } = incoming;
    const request = new Request(`http://127.0.0.1${incoming.url}`, {
      method,
      headers: incoming.headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    const answer = await handle(request);
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    outgoing.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
