import { hasRedisServer, startRedisServer } from "../../test/support/redis-server.ts";

/**
 * Stands in for your Redis: a server of this process, empty, on a free port. Where there is none and none can be
 * installed, says so and ends the program; under `CI` that is a failure.
 */
export async function localRedis(): Promise<{ url: string; stop(): Promise<void> }> {
  if (!(await hasRedisServer("examples"))) process.exit(0);
  return startRedisServer();
}
