/** A run of tests that has started its servers; tells their processes and directories, and waits for its end. */
import { setTimeout as pause } from "node:timers/promises";
import "./end-with-run.ts";
import { directoryOfRun } from "./directory-of-run.ts";
import { startRedisCluster } from "./redis-cluster.ts";
import { startRedisServer } from "./redis-server.ts";
import { startTethered } from "./tethered-process.ts";

/** What is to be gone once the run has ended. */
export interface HeldServers {
  readonly pids: readonly number[];
  readonly directories: readonly string[];
}

process.send?.("ready");
const [redis, cluster] = await Promise.all([startRedisServer(), startRedisCluster()]);
await redis.restart();
const servers = [redis, ...cluster.servers];
// As radosgw and nats-server are started.
const { path } = directoryOfRun("zarr-cache-held-");
const tethered = startTethered("sh", ["-c", "echo $$; exec sleep 1000"], {
  cwd: path,
  env: process.env,
});
while (!tethered.output.includes("\n")) await pause(5);
const held: HeldServers = {
  pids: [...servers.map(({ pid }) => pid), Number(tethered.output)],
  directories: [...servers.map(({ directory }) => directory), path],
};
process.send?.(held);
