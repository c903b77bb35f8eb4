import { ConfigError } from "../config/config-error.ts";

/** What workers are made with. */
export type QueueModule = typeof import("@zarr-cache/nodes/queue");

/** Imports the queue of `@zarr-cache/nodes`; rejects with `ConfigError` where it is not installed. */
export async function loadQueue(
  load: () => Promise<QueueModule> = () => import("@zarr-cache/nodes/queue"),
): Promise<QueueModule> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ConfigError("worker", ["needs packages: npm install @zarr-cache/nodes bullmq"], {
      cause: error,
    });
  }
}
