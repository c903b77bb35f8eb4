import { join } from "node:path";
import {
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type StoreIndex,
  type StoreOpener,
} from "zarr-cache";
import { DiskStoreOpener, LmdbBudgetLedger, LmdbStoreIndex } from "zarr-cache/disk";
import { RedisBudgetLedger, RedisStoreIndex } from "zarr-cache/redis";
import { S3StoreOpener } from "zarr-cache/s3";
import { configOf, type S3Server } from "./s3-server.ts";

/** Where the bytes of a cache are, and who shares its budget. */
export interface LimitedPlace {
  readonly medium: "memory" | "disk" | "S3";
  readonly scope: "process" | "computer" | "cluster";
  readonly directory: string;
  readonly redis: string;
  readonly namespace: string;
  readonly s3: Pick<S3Server, "endpoint" | "credentials">;
  readonly bucket: string;
}

/** What all who share the budget may hold together. */
export const MAX_BYTES = 8_000_000;
const PATIENT = { deadline: "1m" } as const;
/** The dead are noticed after so long. */
const AGE = "2s";

/** One tier with the parts that tests look into. */
export interface LimitedStorage {
  readonly storage: IndexedCacheStorage;
  readonly index: StoreIndex;
  readonly opener: StoreOpener;
}

/** Makes the tier of a place, for one process of those that share it. */
export function limitedStorage(place: LimitedPlace): LimitedStorage {
  const index = indexOf(place);
  const opener = openerOf(place);
  return { index, opener, storage: new IndexedCacheStorage(index, opener, PATIENT) };
}

function indexOf({ medium, scope, directory, redis, namespace }: LimitedPlace): StoreIndex {
  const bounds = { maxBytes: MAX_BYTES };
  const shared = { ...bounds, redis, namespace, ...PATIENT };
  if (scope === "process") return new MemoryStoreIndex(bounds);
  if (medium === "memory") {
    const budget =
      scope === "computer"
        ? new LmdbBudgetLedger(join(directory, "ledger"), { ...bounds, leaseAge: AGE, ...PATIENT })
        : new RedisBudgetLedger({ ...shared, leaseAge: AGE });
    return new MemoryStoreIndex({ ...bounds, budget });
  }
  return scope === "computer"
    ? new LmdbStoreIndex(join(directory, "index"), { ...bounds, lockAge: AGE, ...PATIENT })
    : new RedisStoreIndex({ ...shared, lockAge: AGE });
}

function openerOf({ medium, directory, s3, bucket }: LimitedPlace): StoreOpener {
  if (medium === "memory") return new MemoryStoreOpener();
  if (medium === "disk") return new DiskStoreOpener(join(directory, "chunks", "{store_id}"));
  const clientConfig = configOf({ ...s3, stop: async () => {} });
  return new S3StoreOpener(`s3://${bucket}/{store_id}.zarr`, { clientConfig });
}
