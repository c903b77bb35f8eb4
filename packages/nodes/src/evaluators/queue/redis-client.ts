import type { Redis } from "ioredis";
import { EvaluationError } from "../../errors.ts";
import { loadRedis } from "./load-package.ts";
import type { QueueLocation } from "./queue-location.ts";
import { toldReason } from "./told-reason.ts";

/** How long Redis may take to answer before it counts as away, in milliseconds. */
export const CONNECT_TIMEOUT = 5000;

/** How a connection is used: for commands that fail fast, or for waiting, which goes on when Redis comes back. */
export type ClientUse = "commands" | "waiting";

/** Makes a connection of our own, and waits until it is there; an `EvaluationError` says why it is not. */
export async function connectedClient(redis: QueueLocation["redis"], use: ClientUse): Promise<Redis> {
  const options = {
    lazyConnect: true,
    protocol: 2 as const,
    connectTimeout: CONNECT_TIMEOUT,
    retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), 1000),
    ...(use === "commands"
      ? { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: CONNECT_TIMEOUT }
      : { maxRetriesPerRequest: null }),
  };
  const client =
    typeof redis === "string"
      ? new (await loadRedis()).Redis(redis, options)
      : ((redis.duplicate as (options: object) => unknown).call(redis, options) as Redis);
  // Errors are told by what they make fail; without a listener ioredis prints them.
  client.on("error", () => {});
  try {
    await ready(client);
    return client;
  } catch (error) {
    client.disconnect();
    throw away(client, error);
  }
}

function ready(client: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: unknown;
    const timer = setTimeout(() => reject(last ?? new Error("no answer")), CONNECT_TIMEOUT);
    const settle = (how: () => void) => {
      clearTimeout(timer);
      how();
    };
    client.on("ready", () => settle(resolve));
    client.on("error", (error: Error) => {
      last = error;
      // What is not there now may be there in a moment; a wrong password or a name that nobody has will not.
      if (!/ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|LOADING/.test(error.message)) settle(() => reject(error));
    });
    client.connect().catch((error: Error) => settle(() => reject(last ?? error)));
  });
}

/** Redis cannot be used, said without what errors of ioredis carry along, such as the command with its password. */
export function away(client: Redis, error: unknown): EvaluationError {
  return new EvaluationError(
    `Redis at ${placeOf(client)} cannot be used for the queue (${toldReason(error)})`,
  );
}

/** Where a client connects to, without a password. */
export function placeOf({ options }: Pick<Redis, "options">): string {
  return options.path ?? `${options.host ?? "127.0.0.1"}:${options.port ?? 6379}`;
}
