import cluster from "node:cluster";
import type { LoadedConfig } from "../config/load-config.ts";
import type { Log } from "../log.ts";
import { type ServingProcess, serveProcess } from "./serve-process.ts";
import { WorkerBulletin } from "./worker-bulletin.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

/** Serves as one of several processes, as the first one says; ends when that has ended. */
export async function runWorker(load: () => Promise<LoadedConfig>, log: Log): Promise<void> {
  const tell = (message: FromWorker) => void process.send?.(message, () => {});
  // Signals go to the whole group of a terminal, and the first process passes on what they mean.
  for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => {});
  try {
    const loaded = await load();
    const self = cluster.worker?.id ?? 0;
    const starting = serveProcess(loaded, log, new WorkerBulletin(self, process));
    const ended = new Promise<void>((resolve, reject) => {
      const end = once(() => void starting.then((serving) => serving.close()).then(resolve, reject));
      process.on("message", (message: ToWorker) => {
        if (message.type === "close") end();
        else if (message.type === "reload") void reload(starting, load, log);
      });
      process.on("disconnect", end);
    });
    const serving = await starting;
    log.info({ worker: self }, "worker serves");
    tell({ type: "listening", port: serving.port });
    await ended;
  } catch (error) {
    tell({ type: "failed", message: (error as Error).message });
    process.exit(1);
  }
}

/** It may be told several times, and the first process may end meanwhile. */
function once(run: () => void): () => void {
  let hasRun = false;
  return () => {
    if (hasRun) return;
    hasRun = true;
    run();
  };
}

async function reload(
  starting: Promise<ServingProcess>,
  load: () => Promise<LoadedConfig>,
  log: Log,
): Promise<void> {
  try {
    const serving = await starting;
    await serving.reload(await load());
    log.info({ worker: cluster.worker?.id }, "worker reloaded");
  } catch (error) {
    log.error({ err: error }, "cannot reload; the old configuration stays");
  }
}
