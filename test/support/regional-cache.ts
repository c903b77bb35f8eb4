import { type LogState, RegionalCacheStorage, type RegionalOptions } from "@zarr-cache/regions";
import { type CacheStorage, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { startFetchServer } from "./fetch-server.ts";
import { until } from "./until.ts";

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
  const server = await startFetchServer(async (request) => {
    if (request.method === "GET") requests++;
    const plain = (await handle?.(request)) ?? new Response(null, { status: 503 });
    return change?.(plain) ?? plain;
  });
  const storage = new RegionalCacheStorage(local, { heartbeat: 1000, ...options, url: server.url });
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
      await server.close();
    },
  };
}

/** Waits until all have told what they had to tell, know of each other, and hold each other's logs to the end. */
export async function inStep(...caches: RegionalCache[]): Promise<void> {
  await Promise.all(caches.map(({ storage }) => storage.idle()));
  await until("all regions are in step", async () => {
    const states = await Promise.all(caches.map(({ storage }) => storage.member?.state()));
    const written = states.flatMap(
      (state) => state?.logs.filter(({ region }) => region === state.region) ?? [],
    );
    return states.every((state) => {
      const known = new Set(state?.members.map(({ region }) => region));
      const holds = ({ stream, sequence }: LogState) =>
        state?.logs.some((log) => log.stream === stream && log.sequence === sequence);
      return known.size >= caches.length - 1 && written.length === 3 * caches.length && written.every(holds);
    });
  });
}
