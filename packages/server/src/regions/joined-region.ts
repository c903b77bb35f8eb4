import type { Documents, RegionalCacheStorage } from "@zarr-cache/regions";
import type { RegionConfig } from "../config/region-section.ts";
import { defined } from "../defined.ts";
import { problem } from "../http/problem.ts";
import type { Log } from "../log.ts";
import type { Regions } from "./load-regions.ts";
import { reportOf } from "./report-of.ts";
import type { RegionCounts, RegionReport, ServedRegion } from "./served-region.ts";

type Handler = (request: Request) => Promise<Response>;

/** The region of a server, from before it is joined on: its storage, and the documents that are served there. */
export class JoinedRegion implements ServedRegion {
  readonly namespace: string;
  readonly parts: Handler;
  readonly documents: Handler | undefined;
  readonly peerDocuments: Handler | undefined;
  readonly #regions: Regions;
  readonly #storage: RegionalCacheStorage;
  readonly #config: RegionConfig;
  #documents: Documents | undefined;
  #isClosed = false;

  constructor(regions: Regions, storage: RegionalCacheStorage, config: RegionConfig, log: Log) {
    this.#regions = regions;
    this.#storage = storage;
    this.#config = config;
    this.namespace = config.namespace;
    this.parts = storage.handler();
    if (config.documents === undefined) return;
    this.documents = this.#documentHandler(undefined);
    this.peerDocuments = this.#documentHandler(config.token);
    this.#openDocuments().catch((error) => log.error({ err: error }, "cannot serve documents"));
  }

  counts(): RegionCounts {
    const { roundTrips, ...counts } = this.#storage.elsewhereStatistics() ?? NOTHING;
    const superseded = this.#documents?.superseded().count ?? 0;
    return { superseded, ...counts, roundTrips: Object.fromEntries(roundTrips) };
  }

  async report(): Promise<RegionReport> {
    const { formatVersion } = this.#regions;
    const conflicts = (this.#documents?.superseded().writes ?? []).map(({ key, lost, won }) => ({
      key,
      lost: formatVersion(lost),
      won: formatVersion(won),
    }));
    const { member } = this.#storage;
    // The region's server may be away, of all that is known here the rest is told.
    const state = await member?.state().catch(() => undefined);
    const report = reportOf(this.#config.name, state, Date.now());
    return { ...report, counts: this.counts(), conflicts };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#documents?.close();
  }

  async #openDocuments(): Promise<void> {
    const member = await this.#storage.joined();
    if (this.#isClosed) return;
    const { mode, allowedOrigins } = this.#config.documents ?? {};
    this.#documents = new this.#regions.Documents(member, {
      ...defined({ mode, allowedOrigins, token: this.#config.token }),
      storage: this.#storage,
    });
    this.#documents.serve();
  }

  #documentHandler(token: string | undefined): Handler {
    let handle: Handler | undefined;
    return async (request) => {
      if (this.#documents === undefined)
        return problem(503, `Region "${this.#config.name}" has not been joined yet; try again.`, {
          "Retry-After": "1",
        });
      handle ??= this.#regions.documentHandler({ [this.namespace]: this.#documents }, { token });
      return handle(request);
    };
  }
}

const NOTHING = {
  reads: 0,
  fromBuckets: 0,
  bytes: 0,
  dearer: 0,
  failures: 0,
  gone: 0,
  roundTrips: new Map<string, number>(),
};
