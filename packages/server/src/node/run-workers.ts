import cluster, { type Worker } from "node:cluster";
import type { Log } from "../log.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";
import { WorkerPosts } from "./worker-posts.ts";

/** Several processes that serve at one address. */
export interface Workers {
  readonly port: number;
  reload(): void;
  /** Resolves when every one has answered what was under way, and ended. */
  close(): Promise<void>;
}

/** A worker that ended so soon after its start is not started again at once. */
const TOO_SOON = 1000;

/**
 * Starts worker processes, and another for each that ends, which listens where the others do whatever its configuration says
 * by then. Resolves when all listen; rejects where one cannot.
 */
export async function runWorkers(count: number, listen: string, log: Log): Promise<Workers> {
  // Workers take connections themselves. One that the first process had handed to a worker which is killed at that moment
  // would stay open for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  let closing = false;
  let reloads = 0;
  const posts = new WorkerPosts();
  const start = (): Worker => {
    const worker = cluster.fork({ ZARR_CACHE_LISTEN: listen });
    const startedAt = performance.now();
    const reloadsBefore = reloads;
    posts.started(worker.id, (message) => tell(worker, message));
    worker.on("message", (message: FromWorker) => {
      if (message.type === "posted") posts.posted(message);
      else if (message.type === "heard") posts.heard(worker.id, message);
      else if (message.type === "listening") {
        // What a worker is told while it only begins, it may not have heard.
        if (closing) tell(worker, { type: "close" });
        else if (reloads > reloadsBefore) tell(worker, { type: "reload" });
      }
    });
    // When it has ended, and all that it had to say was heard.
    void Promise.all([happens(worker, "exit"), happens(worker, "disconnect")]).then(() =>
      posts.ended(worker.id),
    );
    worker.on("exit", (code, signal) => {
      if (closing) return;
      log.warn({ worker: worker.process.pid, code, signal }, "a worker ended; another is started");
      setTimeout(() => closing || start(), performance.now() - startedAt < TOO_SOON ? TOO_SOON : 0);
    });
    return worker;
  };
  const ports = await Promise.all(Array.from({ length: count }, () => listening(start())));
  const tellAll = (message: ToWorker) => {
    for (const worker of running()) tell(worker, message);
  };
  return {
    port: ports[0] as number,
    reload() {
      reloads++;
      tellAll({ type: "reload" });
    },
    async close() {
      closing = true;
      tellAll({ type: "close" });
      await Promise.all(running().map((worker) => happens(worker, "exit")));
    },
  };
}

function happens(worker: Worker, event: "exit" | "disconnect"): Promise<void> {
  return new Promise((resolve) => worker.once(event, () => resolve()));
}

/** One that ends at this moment does not hear it, which is no failure of this process. */
function tell(worker: Worker, message: ToWorker): void {
  worker.send(message, () => {});
}

function running(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter(
    (worker) => worker !== undefined && !worker.isDead(),
  ) as Worker[];
}

function listening(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.on("message", (message: FromWorker) => {
      if (message.type === "listening") resolve(message.port);
      else if (message.type === "failed") reject(new Error(message.message));
    });
    worker.once("exit", () => reject(new Error("a worker ended before it listened")));
  });
}
