import type { StoreStatistics } from "zarr-cache";
import type { ServerContext } from "../context.ts";
import type { RegionCounts } from "../regions/served-region.ts";
import type { RequestCounts } from "./request-counts.ts";

/** What one process of a server counts. */
export interface ProcessStatistics {
  readonly process: number;
  readonly stores: Readonly<Record<string, StoreStatistics>>;
  readonly requests: RequestCounts;
  /** What came from other regions, where there are any. */
  readonly region?: RegionCounts | undefined;
  readonly residentBytes: number;
  readonly startedAt: number;
}

const STARTED_AT = Date.now() - process.uptime() * 1000;

/** What this process counts at the moment. */
export function processStatistics({
  stores,
  bulletin,
  requests,
  region,
}: Pick<ServerContext, "stores" | "bulletin" | "requests" | "region">): ProcessStatistics {
  return {
    process: bulletin.self,
    stores: Object.fromEntries([...stores].map(([id, { store }]) => [id, store.stats()])),
    requests,
    region: region?.counts(),
    residentBytes: process.memoryUsage.rss(),
    startedAt: STARTED_AT,
  };
}

/** How often processes tell each other what they count, in milliseconds. */
const PACE = 1000;
/** A process that has not been heard of for so long has ended. */
const SILENT = 10_000;

/**
 * What all processes of a server count: this one as it is, the others as they told a second ago.
 * Each counts from its own start, so that what is counted never goes down.
 */
export class ServerStatistics {
  readonly #own: () => ProcessStatistics;
  readonly #others = new Map<number, { readonly told: ProcessStatistics; readonly at: number }>();

  constructor(
    { bulletin, onClose }: Pick<ServerContext, "bulletin" | "onClose">,
    own: () => ProcessStatistics,
  ) {
    this.#own = own;
    onClose(
      bulletin.on("statistics", (told, from) => {
        this.#others.set(from, { told: told as ProcessStatistics, at: performance.now() });
      }),
    );
    const timer = setInterval(() => bulletin.post("statistics", own()), PACE);
    timer.unref();
    onClose(() => clearInterval(timer));
  }

  /** By number of the process. */
  all(): ProcessStatistics[] {
    for (const [from, { at }] of this.#others) if (performance.now() - at > SILENT) this.#others.delete(from);
    return [this.#own(), ...[...this.#others.values()].map(({ told }) => told)].sort(
      (a, b) => a.process - b.process,
    );
  }
}
