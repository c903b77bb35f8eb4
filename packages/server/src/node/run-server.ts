import cluster from "node:cluster";
import type { LoadedConfig } from "../config/load-config.ts";
import type { Log } from "../log.ts";
import { assertReloadable } from "./assert-reloadable.ts";
import { parseListen, urlOf } from "./listen-address.ts";
import { assertGuarded } from "./reachability.ts";
import { runWorker } from "./run-worker.ts";
import { runWorkers } from "./run-workers.ts";
import { serveProcess } from "./serve-process.ts";

/** A server that runs, in one process or several. */
interface Running {
  readonly port: number;
  reload(loaded: LoadedConfig): unknown;
  close(): Promise<void>;
}

/** How a server is run. */
export interface RunOptions {
  /** Reads the configuration, anew for each reload. */
  load(): Promise<LoadedConfig>;
  log(level: string): Log;
  /** Called once it can be asked. */
  onListening(url: string, loaded: LoadedConfig): void;
}

/**
 * Runs a server until SIGTERM or SIGINT, at which it answers what is under way and ends; a second one ends it at once.
 * SIGHUP reads the configuration anew.
 */
export async function runServer({ load, log: logOf, onListening }: RunOptions): Promise<void> {
  const guarded = async () => {
    const loaded = await load();
    assertGuarded(loaded.config);
    return loaded;
  };
  const loaded = await guarded();
  const { workers, listen, logLevel } = loaded.config;
  const log = logOf(logLevel);
  if (cluster.isWorker) return runWorker(guarded, log);
  const running: Running =
    workers > 1 ? await runWorkers(workers, listen, log) : await serveProcess(loaded, log);
  const url = urlOf(parseListen(listen).host, running.port);
  log.info({ url, workers, stores: Object.keys(loaded.config.stores) }, "listening");
  // Before anybody is told, who may then send a signal.
  const reloaded = async () => {
    const next = await guarded();
    assertReloadable(loaded.config, next.config);
    return next;
  };
  const end = ended(running, reloaded, log);
  onListening(url, loaded);
  await end;
}

function ended(running: Running, load: () => Promise<LoadedConfig>, log: Log): Promise<void> {
  process.on("SIGHUP", () => {
    load()
      .then((loaded) => running.reload(loaded))
      .then(
        () => log.info({}, "reloaded"),
        (error) => log.error({ reason: error.message }, "cannot reload; the old configuration stays"),
      );
  });
  return new Promise((resolve, reject) => {
    let isEnding = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.on(signal, () => {
        if (isEnding) process.exit(130);
        isEnding = true;
        log.info({ signal }, "ending");
        running.close().then(resolve, reject);
      });
  });
}
