/** A process that reads an HTTP origin through a cache on one machine or of a cluster, on a clock that the test moves. */
import { join } from "node:path";
import {
  type CachedStore,
  type CachedStoreOptions,
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type RefreshReport,
  TieredCacheStorage,
} from "zarr-cache";
import { DiskStoreOpener, LmdbStoreIndex } from "zarr-cache/disk";
import { HttpSource } from "zarr-cache/http";
import { ChunkCache } from "zarr-cache/node";
import { RedisStoreIndex } from "zarr-cache/redis";
import { S3StoreOpener } from "zarr-cache/s3";
import type { ClusterPlace } from "../../cluster/support/assemble-cluster.ts";
import { connect } from "../../processes/support/calls.ts";
import { configOf } from "../../support/s3-server.ts";

/** Where the cache is: a directory, or Redis and a bucket. */
export type FreshnessPlace = string | ClusterPlace;

/** Options of a store that can be sent to another process. */
export type FreshnessWorkerOptions = Pick<
  CachedStoreOptions,
  "maxAge" | "staleWhileRevalidate" | "staleIfError"
> & {
  /** Milliseconds after being asked for at which each answer ends, whatever its age. */
  readonly endsAfter?: number;
};

/** What a worker can be told to do. */
export interface FreshnessWorkerCalls {
  open(place: FreshnessPlace, url: string, options: FreshnessWorkerOptions): Promise<void>;
  /** Moves the clock that ages are counted on. */
  skip(milliseconds: number): void;
  /** Reads all keys at once, each by so many readers; the text of each, or what went wrong. */
  read(keys: readonly string[], readers: number): Promise<readonly (string | undefined)[]>;
  refresh(path: string): Promise<Omit<RefreshReport, "failures">>;
  /** When entries end, from now, by key. */
  ends(): Promise<Readonly<Record<string, number>>>;
  faults(): number;
  close(): Promise<void>;
}

const DEADLINE = "30s";
let skipped = 0;
let faults = 0;
let cache: ChunkCache;
let store: CachedStore;
const clock = () => Date.now() + skipped;

function shared(place: FreshnessPlace): IndexedCacheStorage {
  const options = { maxBytes: "10 MB", deadline: DEADLINE, lockAge: "1m", clock } as const;
  if (typeof place === "string") {
    const index = new LmdbStoreIndex(join(place, "index"), options);
    return new IndexedCacheStorage(index, new DiskStoreOpener(join(place, "chunks", "{store_id}")), {
      deadline: DEADLINE,
    });
  }
  const { redis, s3, bucket } = place;
  const clientConfig = configOf({ ...s3, stop: async () => {} });
  return new IndexedCacheStorage(
    new RedisStoreIndex({ redis, namespace: "freshness", coherence: "1m", ...options }),
    new S3StoreOpener(`s3://${bucket}/freshness/{store_id}`, {
      clientConfig,
      timeout: DEADLINE,
      deadline: DEADLINE,
    }),
    { deadline: DEADLINE },
  );
}

const mine: FreshnessWorkerCalls & Readonly<Record<string, unknown>> = {
  async open(place, url, { endsAfter, ...options }) {
    const memory = new IndexedCacheStorage(
      new MemoryStoreIndex({ maxBytes: "1 MB", clock }),
      new MemoryStoreOpener(),
    );
    const storage = new TieredCacheStorage([memory, shared(place)]);
    storage.on("fault", () => void faults++);
    await storage.open();
    cache = new ChunkCache(storage);
    store = cache.wrap(new HttpSource(url, { retries: { attempts: 1 } }), "data", {
      ...options,
      ...(endsAfter !== undefined && { expires: (_, { askedAt }) => askedAt + endsAfter }),
    });
  },
  skip(milliseconds) {
    skipped += milliseconds;
  },
  async read(keys, readers) {
    const readOne = async (key: string) => {
      try {
        const value = await store.get(key as `/`);
        return value && new TextDecoder().decode(value);
      } catch (error) {
        return `failed: ${(error as Error).name}`;
      }
    };
    const answers = await Promise.all(Array.from({ length: readers }, () => Promise.all(keys.map(readOne))));
    await store.idle();
    if (new Set(answers.map((answer) => JSON.stringify(answer))).size > 1)
      throw new Error(`Readers were given different answers: ${JSON.stringify(answers)}`);
    return answers[0] ?? [];
  },
  async refresh(path) {
    const { failures: _, ...counts } = await store.refresh(path);
    return counts;
  },
  async ends() {
    const { entries } = await cache.entries({ limit: 1000 });
    return Object.fromEntries(entries.map(({ key, expiresAt }) => [key, expiresAt - clock()]));
  },
  faults: () => faults,
  close: () => cache.close(),
};

connect(process, mine);
process.on("disconnect", () => process.exit());
process.send?.("ready");
