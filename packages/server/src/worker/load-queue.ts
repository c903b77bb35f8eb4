import { loadInstalled } from "../config/load-installed.ts";

/** What workers are made with. */
export type QueueModule = typeof import("@zarr-cache/nodes/queue");

/** Imports the queue of `@zarr-cache/nodes`; rejects with `ConfigError` where it is not installed. */
export function loadQueue(
  load: () => Promise<QueueModule> = () => import("@zarr-cache/nodes/queue"),
): Promise<QueueModule> {
  return loadInstalled("worker", ["@zarr-cache/nodes", "bullmq"], load);
}
