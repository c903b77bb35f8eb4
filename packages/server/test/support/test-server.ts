import { createApp, type ServedStore } from "@zarr-cache/server";
import type { CachedStore, SourceLike } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import { type FakeClock, fakeClock } from "zarr-cache/testing";
import { type TestContextOptions, testContext } from "./test-context.ts";

/** A server that is asked through its front door, without a socket. */
export interface TestServer {
  readonly clock: FakeClock;
  readonly cache: ChunkCache;
  readonly store: CachedStore;
  /** Asks for a path below `/stores/data`, and waits until what was read is kept. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Asks for any path. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** Serves one source as the store `data`. */
export function testServer(source?: SourceLike, options: TestContextOptions = {}): TestServer {
  const clock = options.ticking ?? fakeClock();
  const context = testContext(source, { ...options, ticking: clock });
  const app = createApp(context);
  const { store } = context.stores.get("data") as ServedStore;
  const request = async (path: string, init?: RequestInit) => {
    const answer = await app.request(path, init);
    await context.cache.idle();
    return answer;
  };
  return {
    clock,
    cache: context.cache,
    store,
    request,
    ask: (path, init) => request(`/stores/data${path}`, init),
  };
}
