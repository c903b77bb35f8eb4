import type { CachedStore, Clock, SourceLike } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import type { Access } from "./access.ts";
import type { Log } from "./log.ts";

/** What the routes work with: one life of a configuration. A reload makes a new one and lets the old one run out. */
export interface ServerContext {
  /** The stores that are served, by id. */
  readonly stores: ReadonlyMap<string, ServedStore>;
  /** The cache that they share. */
  readonly cache: ChunkCache;
  readonly access: Access;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock: Clock;
  /** Calls back once when this configuration is no longer used and its requests have ended; waits for promises. */
  onClose(callback: () => unknown): void;
}

/** One source as it is served under `/stores/{id}`. */
export interface ServedStore {
  readonly id: string;
  readonly store: CachedStore;
  /** What it is a copy of: the system of record. */
  readonly source: SourceLike;
  /** Whether `PUT` and `DELETE` are allowed; they also need a token. */
  readonly writable: boolean;
  /** Whether it can be read without a token, where there are tokens. */
  readonly public: boolean;
}
