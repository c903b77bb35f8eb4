import { nodesOf, type RedisConnection } from "./connection.ts";
import { RedisError } from "./redis-error.ts";

/** What the index has to know of the servers that it uses. */
export interface ServerFacts {
  /** Names this life of these servers: changes with a restart and with a failover. */
  readonly runIds: string;
  /** Whether any of them has replicas, which may lag behind. */
  readonly isReplicated: boolean;
  /** What Redis does by itself when its memory is full. */
  readonly memoryPolicy: string | undefined;
}

const LEAST_VERSION = [6, 2] as const;

/** Asks the servers. Throws `RedisError` for one that is too old. */
export async function readServerFacts(connection: RedisConnection): Promise<ServerFacts> {
  const answers = await Promise.all(nodesOf(connection).map((node) => node.info()));
  const of = (info: string, name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  for (const info of answers) assertVersion(of(info, "redis_version"));
  return {
    runIds: answers
      .map((info) => of(info, "run_id"))
      .sort()
      .join(),
    isReplicated: answers.some((info) => Number(of(info, "connected_slaves") ?? 0) > 0),
    memoryPolicy: answers.map((info) => of(info, "maxmemory_policy")).find((it) => it !== "noeviction"),
  };
}

function assertVersion(version: string | undefined): void {
  if (version === undefined) return;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor >= LEAST_VERSION[1])) return;
  throw new RedisError("version", `Redis ${version} is too old; the index needs 6.2 or later, or Valkey.`);
}
