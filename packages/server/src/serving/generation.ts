import type { IncomingMessage, ServerResponse } from "node:http";
import { isDeepStrictEqual } from "node:util";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { openAccess } from "../access.ts";
import { createApp, sharedParts } from "../app.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { ServerContext } from "../context.ts";
import { type ClientAddress, clientBehind } from "../guard/client-address.ts";
import { knownHosts } from "../guard/known-hosts.ts";
import type { Log } from "../log.ts";
import { parseListen } from "../node/listen-address.ts";
import { ReadLane } from "../node/read-lane.ts";
import { AccessLog } from "../operations/access-log.ts";
import type { Bulletin } from "../operations/bulletin.ts";
import type { Jobs } from "../operations/jobs.ts";
import type { RequestCounts } from "../operations/request-counts.ts";
import { isHeard, loadTelemetry } from "../operations/tracing.ts";
import { type Evaluation, openEvaluation } from "../pipelines/evaluation.ts";
import type { ServedPipelines } from "../pipelines/served-pipelines.ts";
import { type OpenedCache, openRegionalCache } from "../regions/open-regional-cache.ts";
import { tokenAccess } from "../token-access.ts";
import { quotasOf } from "./open-chunk-cache.ts";
import { openConfiguredAside } from "./open-configured-aside.ts";
import { type OpenStore, openStores } from "./open-stores.ts";

/** What a generation needs that outlives it. */
export interface GenerationSurroundings {
  readonly log: Log;
  readonly bulletin: Bulletin;
  readonly jobs: Jobs;
  readonly requests: RequestCounts;
  isDraining(): boolean;
}

/**
 * One life of a configuration: its cache, stores and application, and how many requests it is answering. What the next
 * one goes on using, it takes over.
 */
export class Generation {
  readonly app: OpenAPIHono;
  readonly context: ServerContext;
  readonly #loaded: LoadedConfig;
  readonly #reads: ReadLane;
  /** The stores, as they were configured. */
  readonly opened: ReadonlyMap<string, OpenStore>;
  readonly #closing: AbortController;
  readonly #onClose: (() => unknown)[];
  #inFlight = 0;
  #idle: (() => void) | undefined;

  private constructor(
    context: ServerContext,
    loaded: LoadedConfig,
    stores: ReadonlyMap<string, OpenStore>,
    closing: AbortController,
    onClose: (() => unknown)[],
  ) {
    this.context = context;
    const parts = sharedParts(context);
    this.app = createApp(context, parts);
    this.#reads = new ReadLane(parts);
    this.#loaded = loaded;
    this.opened = stores;
    this.#closing = closing;
    this.#onClose = onClose;
  }

  /** Opens what a configuration asks for; rejects with `ConfigError`, or with what the cache rejects with. */
  static async open(
    loaded: LoadedConfig,
    { log, bulletin, jobs, requests, isDraining }: GenerationSurroundings,
    before?: Generation,
  ): Promise<Generation> {
    const { config, directory } = loaded;
    const goesOn = before?.sharesCache(loaded) ? before : undefined;
    const opened = goesOn?.context ?? (await openRegionalCache(loaded, bulletin.self, log));
    const { cache, region } = opened;
    try {
      const { stores, pipelines } = await openStores(cache, config, directory, goesOn?.opened);
      const served = new Map([...stores].map(([id, store]) => [id, store.served]));
      const closing = new AbortController();
      const onClose: (() => unknown)[] = [];
      const aside = await openConfiguredAside(loaded, { cache, stores: served });
      if (aside !== undefined) onClose.push(() => aside.close());
      const clientAddress = config.proxies && clientBehind(config.proxies);
      const telemetry = await loadTelemetry();
      const context: ServerContext = {
        stores: served,
        cache,
        aside,
        evaluation: await openEvaluationOf(loaded, pipelines, { cache, log }),
        region,
        access:
          config.tokens.length === 0
            ? openAccess
            : tokenAccess(config.tokens, (id) => stores.get(id)?.config.public ?? false),
        cors: config.cors,
        limits: config.limits,
        hosts: knownHosts(parseListen(config.listen).host, [...config.hosts, ...hostsOf(config.region)]),
        log,
        clientAddress,
        accessLog: accessLogOf(config.accessLog, log, clientAddress),
        clock: Date.now,
        bulletin,
        jobs,
        requests,
        telemetry: telemetry && isHeard(telemetry) ? telemetry : undefined,
        isDraining,
        closing: closing.signal,
        onClose: (callback) => void onClose.push(callback),
      };
      return new Generation(context, loaded, stores, closing, onClose);
    } catch (error) {
      if (goesOn === undefined) await closeCache(opened);
      throw error;
    }
  }

  /** Answers a request; it counts until its answer is made. */
  async fetch(request: Request, bindings: object): Promise<Response> {
    this.#inFlight++;
    try {
      return await this.app.fetch(request, bindings);
    } finally {
      this.#ended();
    }
  }

  /** Answers a read of a value over a connection of Node; false for any other request. */
  read(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    beforeWriting: (outgoing: ServerResponse) => void,
  ): boolean {
    return this.#reads.take(incoming, outgoing, {
      beforeWriting,
      waits: () => void this.#inFlight++,
      ended: () => this.#ended(),
    });
  }

  /** Ends what would go on for ever, such as streams of events. */
  endStreams(): void {
    this.#closing.abort();
  }

  /** Lets the requests under way end, then closes what `next` does not go on using. */
  async close(next?: Generation): Promise<void> {
    this.endStreams();
    const { jobs } = this.context;
    if (next !== undefined) jobs.goOnOver(next.context);
    if (this.#inFlight > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    if (next === undefined) jobs.close();
    for (const callback of this.#onClose) await callback();
    if (next?.context.cache !== this.context.cache) return closeCache(this.context);
    for (const [id, { served }] of this.opened)
      if (next.context.stores.get(id)?.store !== served.store) await served.store.close();
  }

  #ended(): void {
    if (--this.#inFlight === 0) this.#idle?.();
  }

  /** Whether another configuration has the same cache. */
  sharesCache({ config, directory }: LoadedConfig): boolean {
    return (
      directory === this.#loaded.directory &&
      isDeepStrictEqual(config.cache, this.#loaded.config.cache) &&
      isDeepStrictEqual(config.region, this.#loaded.config.region) &&
      isDeepStrictEqual(quotasOf(config.stores), quotasOf(this.#loaded.config.stores))
    );
  }
}

async function closeCache({ cache, region }: OpenedCache): Promise<void> {
  await region?.close();
  await cache.close();
}

function accessLogOf(
  wanted: LoadedConfig["config"]["accessLog"],
  log: Log,
  clientAddress: ClientAddress | undefined,
): AccessLog | undefined {
  return wanted === false ? undefined : new AccessLog({ log, share: Number(wanted), clientAddress });
}

/** Servers of other regions ask this one under the name that it gave them. */
function hostsOf(region: LoadedConfig["config"]["region"]): string[] {
  if (region === undefined) return [];
  return [new URL(region.url).hostname];
}

/** The evaluation for clients, where that is configured. */
async function openEvaluationOf(
  { config }: LoadedConfig,
  pipelines: ServedPipelines | undefined,
  context: Pick<ServerContext, "cache" | "log">,
): Promise<Evaluation | undefined> {
  const { evaluate } = config.pipelines;
  if (evaluate === undefined || pipelines === undefined) return undefined;
  const { stores, ...registry } = pipelines;
  const served = [...stores.values()].map(({ node }) => node.hash);
  return openEvaluation(evaluate, { ...registry, ...context, served });
}
