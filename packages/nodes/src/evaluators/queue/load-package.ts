import { MissingDependencyError } from "zarr-cache";

/** Imports BullMQ; a `MissingDependencyError` says how to install it. */
export function loadBull(): Promise<typeof import("bullmq")> {
  return loaded("bullmq", () => import("bullmq"));
}

/** Imports ioredis; a `MissingDependencyError` says how to install it. */
export async function loadRedis(): Promise<Pick<typeof import("ioredis"), "Redis">> {
  return loaded("ioredis", () => import("ioredis"));
}

/** Imports a package that is installed where queues are used. */
export async function loaded<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new MissingDependencyError(name, "@zarr-cache/nodes/queue", { cause: error });
  }
}
