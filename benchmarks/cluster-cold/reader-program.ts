import { once } from "node:events";
import {
  CachedStore,
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  TieredCacheStorage,
} from "zarr-cache";
import { RedisStoreIndex } from "zarr-cache/redis";
import { S3StoreOpener } from "zarr-cache/s3";
import { inFlight } from "../frame/in-flight.ts";
import { answerAndEnd, orderOfProgram } from "../frame/program.ts";
import { seededRandom } from "../frame/seeded-random.ts";

/** What a process reads, and through what. */
export interface ReaderOrder {
  /** URL of Redis. */
  readonly redis: string;
  /** URL of the S3 server. */
  readonly s3: string;
  readonly bucket: string;
  /** Names the cache in both. */
  readonly name: string;
  /** URL of the source. */
  readonly origin: string;
  /** How many keys there are, how many of them it reads, and from which one on; the first follow the last. */
  readonly keys: number;
  readonly count: number;
  readonly from: number;
  readonly readers: number;
  readonly seed: number;
}

// Opens a cache that a cluster shares, says so, reads its keys in an order of its own when told to, and says so.
const { redis, s3, bucket, name, origin, keys, count, from, readers, seed } = orderOfProgram<ReaderOrder>();
const deadline = "1m";
const storage = new TieredCacheStorage([
  new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "1 GB" }), new MemoryStoreOpener()),
  new IndexedCacheStorage(
    new RedisStoreIndex({ redis, namespace: name, maxBytes: "1 GB", deadline, lockAge: "1m" }),
    new S3StoreOpener(`s3://${bucket}/${name}/{store_id}.zarr`, {
      clientConfig: {
        endpoint: s3,
        region: "us-east-1",
        credentials: { accessKeyId: "any", secretAccessKey: "any" },
        forcePathStyle: true,
      },
    }),
    { deadline },
  ),
]);
await storage.open();
const source = {
  async get(key: string): Promise<Uint8Array> {
    const response = await fetch(origin + key);
    return new Uint8Array(await response.arrayBuffer());
  },
};
const store = new CachedStore(source, "data", storage);
process.send?.("ready");
await once(process, "message");

const random = seededRandom(seed);
const order = Array.from({ length: count }, (_, at) => ({ number: (from + at) % keys, place: random() }));
order.sort((a, b) => a.place - b.place);
await inFlight(order, readers, ({ number }) => store.get(`/c/${number}`));
process.send?.("read");
await store.idle();
await storage.close();
answerAndEnd("closed");
