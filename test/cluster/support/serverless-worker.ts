/** An instance of a function without a disk: opens the cache once, answers calls, and is frozen in between. */
import type { CachedStore, StorageUsage, VerifyReport } from "zarr-cache";
import { type ChunkCache, openCache } from "zarr-cache/node";
import { connect } from "../../processes/support/calls.ts";
import type { OriginCalls } from "../../processes/support/origin.ts";
import { originSource } from "../../processes/support/origin-source.ts";
import { versionOf } from "../../processes/support/values.ts";
import { configOf } from "../../support/s3-server.ts";
import type { ClusterPlace } from "./assemble-cluster.ts";

/** What an instance waits for before it answers. */
export interface HowToWait {
  readonly fills: "await" | "background";
  /** Whether it waits for `cache.idle()`. */
  readonly idle: boolean;
}

/** What an instance can be asked. */
export interface ServerlessWorkerCalls {
  open(place: ClusterPlace, how: HowToWait): Promise<void>;
  /** The handler: answers the versions of some keys; where told so, the process stops itself right after it has answered. */
  handle(keys: readonly string[], after: "freeze" | "go on"): Promise<readonly (number | undefined)[]>;
  invalidate(path: string): Promise<void>;
  usage(): Promise<StorageUsage>;
  verify(): Promise<VerifyReport>;
}

let cache: ChunkCache;
let store: CachedStore;
let waitsForIdle: boolean;

const mine: ServerlessWorkerCalls & Readonly<Record<string, unknown>> = {
  async open({ redis, s3, bucket }, { fills, idle }) {
    waitsForIdle = idle;
    cache = await openCache(`s3://${bucket}/chunks`, {
      index: redis,
      clientConfig: configOf({ ...s3, stop: async () => {} }),
      maxBytes: "100 MB",
      memory: "10 MB",
      fills,
      // A busy machine does not reach it, and no claim that was left goes away by itself.
      deadline: "40s",
      lockAge: "5m",
    });
    store = cache.wrap(originSource(origin), "data");
  },
  async handle(keys, after) {
    const values = await Promise.all(keys.map((key) => store.get(key as `/`)));
    if (waitsForIdle) await cache.idle();
    if (after === "freeze") setImmediate(() => process.kill(process.pid, "SIGSTOP"));
    return values.map((value, i) => value && versionOf(keys[i] as string, value));
  },
  invalidate: (path) => store.invalidate(path as `/`),
  usage: () => cache.usage(),
  verify: () => cache.verify(),
};

const origin = connect<OriginCalls>(process, mine);
process.on("disconnect", () => process.exit());
process.send?.("ready");
