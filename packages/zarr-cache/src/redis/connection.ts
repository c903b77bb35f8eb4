import { systemTimers } from "../clock.ts";
import { MissingDependencyError } from "../errors.ts";
import { giveUpLateCommands, type SentCommand } from "./command-deadline.ts";
import { type CommandSender, type CommandSocket, gatherWrites } from "./gathered-writes.ts";
import { RedisError } from "./redis-error.ts";
import type { ScriptConnection } from "./script.ts";
import { breakWhenSilent, type WatchedClient } from "./silent-connection.ts";

/** What the index needs of the ioredis client that it is given: that it can be copied, with other options. */
export interface DuplicableClient {
  readonly isCluster?: boolean;
  duplicate(...args: never[]): unknown;
}

/** A connection to a node of a Cluster, or to the only server. */
export interface RedisNode extends CommandSender<SentCommand> {
  readonly stream?: CommandSocket & WatchedClient["stream"];
  readonly status: string;
  info(): Promise<string>;
  wait(replicas: number, milliseconds: number): Promise<number>;
}

/** The commands that the index uses, as ioredis has them on single connections and on Clusters. */
export interface RedisConnection extends ScriptConnection, RedisNode {
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
  hgetBuffer(key: string, field: string | Buffer): Promise<Buffer | null>;
  hmgetBuffer(key: string, ...fields: string[]): Promise<(Buffer | null)[]>;
  hvalsBuffer(key: string): Promise<Buffer[]>;
  callBuffer(command: string, ...args: (string | number)[]): Promise<unknown>;
  zrangeBuffer(key: string, from: number, to: number): Promise<Buffer[]>;
  hscanBuffer(key: string, cursor: string, count: "COUNT", steps: number): Promise<[Buffer, Buffer[]]>;
  xreadBuffer(...args: (string | number)[]): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  nodes?(role: "master"): RedisNode[];
}

/** How a connection is used: for commands, for reading the stream (which blocks it), for messages. */
export type ConnectionUse = "commands" | "stream" | "messages";

/** How long the stream is waited for; every answer, an empty one too, proves that it was heard. */
export const STREAM_BLOCK = 1000;

const LONGEST_PAUSE = 1000;

/** What sockets count up to, as platforms' timers do. */
const LONGEST_PATIENCE = 2 ** 31 - 1;

/** How long a connection may take whose answers are waited for so long; finite, although they may be waited for for ever. */
export function patienceFor(deadline: number): number {
  return Math.min(Math.max(1000, 4 * deadline), LONGEST_PATIENCE);
}

/**
 * Makes a connection of our own that fails fast: nothing is queued while Redis is away, an answer that does not come in
 * time is given up, and a connection on which nothing comes back at all is made anew. It is not yet connected.
 */
export async function makeConnection(
  redis: string | DuplicableClient,
  use: ConnectionUse,
  deadline: number,
): Promise<RedisConnection> {
  const isCluster = typeof redis !== "string" && redis.isCluster === true;
  const single = {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    protocol: 2,
    connectTimeout: patienceFor(deadline),
    connectionName: `zarr-cache-${use}`,
    // Kept below, each in a way that a busy process survives.
    commandTimeout: undefined,
    socketTimeout: undefined,
    // A primary that became a replica: the name may lead to the new one.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  };
  // What is sent in pipelines that the client makes by itself has no deadline.
  const queueing = { enableOfflineQueue: false, lazyConnect: true, enableAutoPipelining: false };
  const retry = (times: number) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_PAUSE);
  const connection = await (typeof redis === "string"
    ? fromUrl(redis, { ...single, ...queueing, retryStrategy: retry })
    : copyOf(redis, single, queueing, retry));
  // Errors are told by what they make fail; without a listener ioredis prints them.
  connection.on("error", () => {});
  const guarded = (node: RedisNode) => guard(node, use, deadline);
  if (isCluster) connection.on("+node", guarded);
  else guarded(connection);
  return connection;
}

/**
 * Gives up what is late on a connection to one server, and the connection when it is silent; messages may stay away. Both
 * count from when commands are written.
 */
function guard(node: RedisNode, use: ConnectionUse, deadline: number): void {
  if (use === "messages") return;
  const monotonic = () => performance.now();
  const silence = 4 * deadline + (use === "stream" ? STREAM_BLOCK : 0);
  const watch = breakWhenSilent(node, silence, systemTimers, monotonic);
  const giveUp = use === "commands" ? giveUpLateCommands(deadline, systemTimers, monotonic) : undefined;
  gatherWrites(node, (commands) => {
    watch();
    giveUp?.(commands);
  });
}

/** Connects, or waits until a connection that is on its way is there. */
export async function connected(connection: RedisConnection, milliseconds: number): Promise<void> {
  if (connection.status === "ready") return;
  await new Promise<void>((resolve, reject) => {
    let last: unknown;
    const finish = (how: () => void) => {
      systemTimers.clear(timer);
      connection.off("ready", ready);
      connection.off("error", failed);
      how();
    };
    const ready = () => finish(resolve);
    const failed = (error: Error) => {
      last = error;
      if (isFinal(error)) finish(() => reject(error));
    };
    const timer = systemTimers.set(
      () =>
        finish(() => reject(last ?? new RedisError("unreachable", "Redis cannot be reached (no answer)."))),
      milliseconds,
    );
    connection.on("ready", ready as (...args: never[]) => void);
    connection.on("error", failed as (...args: never[]) => void);
    if (["wait", "end", "close"].includes(connection.status))
      connection.connect().then(ready, (error: Error) => finish(() => reject(last ?? error)));
  });
}

/** The servers behind a connection: its own, or the primaries of the Cluster. */
export function nodesOf(connection: RedisConnection): readonly RedisNode[] {
  return connection.nodes?.("master") ?? [connection];
}

function isFinal(error: Error): boolean {
  return /WRONGPASS|NOAUTH|NOPERM|invalid password/i.test(error.message);
}

async function fromUrl(url: string, options: object): Promise<RedisConnection> {
  const { Redis } = await import("ioredis").catch((error: unknown) => {
    throw new MissingDependencyError("ioredis", "RedisStoreIndex with a URL", { cause: error });
  });
  // ioredis makes the Buffer forms of scripts as it runs, so its types do not have them.
  return new Redis(url, options) as InstanceType<typeof Redis> & RedisConnection;
}

function copyOf(
  client: DuplicableClient,
  single: object,
  queueing: object,
  retry: (times: number) => number,
): RedisConnection {
  const duplicate = client.duplicate as (...args: unknown[]) => RedisConnection;
  if (client.isCluster === true)
    return duplicate.call(client, [], {
      ...queueing,
      redisOptions: single,
      clusterRetryStrategy: retry,
      scaleReads: "master",
      slotsRefreshTimeout: 2000,
      slotsRefreshInterval: 5000,
    });
  return duplicate.call(client, { ...single, ...queueing, retryStrategy: retry });
}
