import type { CachedStore, Clock, SourceLike } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import type { Access } from "./access.ts";
import type { Aside } from "./cache-aside/aside.ts";
import type { ClientAddress } from "./guard/client-address.ts";
import type { ClientCaching } from "./http/caching.ts";
import type { CorsOrigins } from "./http/cors.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import type { AccessLog } from "./operations/access-log.ts";
import type { Bulletin } from "./operations/bulletin.ts";
import type { Jobs } from "./operations/jobs.ts";
import type { RequestCounts } from "./operations/request-counts.ts";
import type { Telemetry } from "./operations/tracing.ts";
import type { Evaluation } from "./pipelines/evaluation.ts";
import type { ServedRegion } from "./regions/served-region.ts";

/** What the routes work with: one life of a configuration. A reload makes a new one and lets the old one run out. */
export interface ServerContext {
  /** The stores that are served, by id. */
  readonly stores: ReadonlyMap<string, ServedStore>;
  /** The cache that they share. */
  readonly cache: ChunkCache;
  /** What the cache-aside API and functions work on, where they are configured. */
  readonly aside?: Aside | undefined;
  /** Evaluates pipelines for clients, where that is configured. */
  readonly evaluation?: Evaluation | undefined;
  /** The region that the server is in, where one is configured. */
  readonly region?: ServedRegion | undefined;
  readonly access: Access;
  /** Pages of which origins may read the stores. */
  readonly cors: CorsOrigins;
  readonly limits: Limits;
  /** The names that the server may be asked under, without port; absent = any. */
  readonly hosts?: ReadonlySet<string> | undefined;
  readonly log: Log;
  /** Writes a line for each request, or some; absent = none. */
  readonly accessLog?: AccessLog | undefined;
  /** Finds a client's address behind proxies that are trusted; absent = whoever is at the other end is the client. */
  readonly clientAddress?: ClientAddress | undefined;
  /** Milliseconds since 1970. */
  readonly clock: Clock;
  /** OpenTelemetry, where it is present. */
  readonly telemetry?: Telemetry | undefined;
  /** Counts of requests, which go on through reloads. */
  readonly requests: RequestCounts;
  /** What the processes of the server tell each other. */
  readonly bulletin: Bulletin;
  /** What takes a while, which goes on through reloads. */
  readonly jobs: Jobs;
  /** Whether the server is to end, so that it should be sent nothing new. */
  isDraining(): boolean;
  /** Aborted when this configuration is no longer used: what would go on for ever ends. */
  readonly closing: AbortSignal;
  /** Calls back once when this configuration is no longer used and its requests have ended; waits for promises. */
  onClose(callback: () => unknown): void;
}

/** One source as it is served under `/stores/{id}`. */
export interface ServedStore {
  readonly id: string;
  readonly store: CachedStore;
  /** What it is a copy of: the system of record. */
  readonly source: SourceLike;
  /** Whether `PUT` and `DELETE` are allowed; where there are tokens, to those with the scope `write`. */
  readonly writable: boolean;
  /** What the caches of clients may keep. */
  readonly caching: ClientCaching;
}
