import { hasRedisServer, startRedisServer } from "./redis-server.ts";

/** A Redis of which a test wants nothing but that it is there; others may use it too. */
export interface ReachableRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** Whether there is one: the one that `REDIS_URL` names, or one that can be started. */
export async function hasRedis(skipped?: string): Promise<boolean> {
  return process.env["REDIS_URL"] !== undefined || (await hasRedisServer(skipped));
}

/** The one that `REDIS_URL` names, where it is set; else one of the test's own. */
export async function startRedis(): Promise<ReachableRedis> {
  const { REDIS_URL: url } = process.env;
  return url === undefined ? startRedisServer() : { url, stop: async () => {} };
}
