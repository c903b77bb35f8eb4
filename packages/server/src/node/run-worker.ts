import cluster from "node:cluster";
import type { LoadedConfig } from "../config/load-config.ts";
import type { Log } from "../log.ts";
import { serveProcess } from "./serve-process.ts";
import { workerBulletin } from "./worker-bulletin.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

/** Serves as one of several processes, as the first one says; ends when that has ended. */
export async function runWorker(load: () => Promise<LoadedConfig>, log: Log): Promise<void> {
  const tell = (message: FromWorker) => void process.send?.(message);
  // Signals go to the whole group of a terminal, and the first process passes on what they mean.
  for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => {});
  try {
    const serving = await serveProcess(await load(), log, workerBulletin());
    let end = async () => {};
    const ended = new Promise<void>((resolve, reject) => {
      end = () => serving.close().then(resolve, reject);
    });
    process.on("message", (message: ToWorker) => {
      if (message.type === "close") return void end();
      if (message.type !== "reload") return;
      load()
        .then((loaded) => serving.reload(loaded))
        .catch((error) => log.error({ err: error }, "cannot reload; the old configuration stays"));
    });
    process.on("disconnect", () => void end());
    log.info({ worker: cluster.worker?.id }, "worker serves");
    tell({ type: "listening", port: serving.port });
    await ended;
  } catch (error) {
    tell({ type: "failed", message: (error as Error).message });
    process.exit(1);
  }
}
