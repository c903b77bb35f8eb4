import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { RegionalCacheStorage, type RegionalOptions } from "@zarr-cache/regions";
import { type CacheStorage, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";

/** The cache of one region, and the server that other regions fetch its bytes from. */
export interface RegionalCache {
  readonly storage: RegionalCacheStorage;
  /** How many requests for bytes came. */
  readonly requests: () => number;
  /** What the next answers are turned into. */
  answerWith(change: ((answer: Response) => Response) | undefined): void;
  close(): Promise<void>;
}

/** Opens a storage in memory in a region, with a server on a free port. */
export async function openRegionalCache(
  options: Omit<RegionalOptions, "url">,
  local: CacheStorage = new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener()),
): Promise<RegionalCache> {
  let requests = 0;
  let change: ((answer: Response) => Response) | undefined;
  let handle: ((request: Request) => Promise<Response>) | undefined;
  const server: Server = createServer(async (request, response) => {
    requests++;
    const asked = new Request(`http://127.0.0.1${request.url}`, {
      method: request.method ?? "GET",
      headers: request.headers as Record<string, string>,
    });
    const plain = (await handle?.(asked)) ?? new Response(null, { status: 503 });
    const answer = change?.(plain) ?? plain;
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const storage = new RegionalCacheStorage(local, { heartbeat: 100, ...options, url });
  handle = storage.handler();
  await storage.open();
  return {
    storage,
    requests: () => requests,
    answerWith: (next) => {
      change = next;
    },
    async close() {
      await storage.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
