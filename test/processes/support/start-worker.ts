import { type Child, startChild } from "./children.ts";
import type { Origin } from "./origin.ts";
import type { WorkerCalls } from "./worker.ts";

export type Worker = Child<WorkerCalls>;

/** Starts a process that works on a cache directory and reads this origin. */
export function startWorker(origin: Origin): Promise<Worker> {
  return startChild<WorkerCalls>("worker.ts", origin.calls);
}

/** Starts several at once. */
export function startWorkers(origin: Origin, count: number): Promise<Worker[]> {
  return Promise.all(Array.from({ length: count }, () => startWorker(origin)));
}
