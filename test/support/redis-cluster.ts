import { execFileSync } from "node:child_process";
import { Cluster, type ClusterNode } from "ioredis";
import { type RedisServer, startRedisServer } from "./redis-server.ts";

/** A Redis Cluster of a test: three primaries, each with as many replicas as asked for. */
export interface RedisCluster {
  readonly servers: readonly RedisServer[];
  readonly nodes: readonly ClusterNode[];
  /** A client, for an index to copy. */
  readonly client: Cluster;
  /** The server that holds a key now. */
  serverOf(key: string): Promise<RedisServer>;
  /** Moves the slot of a key to another primary, with everything in it. */
  moveSlotOf(key: string): Promise<void>;
  /** Waits until the replicas of the server that holds a key have all that it has. */
  replicate(key: string): Promise<void>;
  stop(): Promise<void>;
}

const PRIMARIES = 3;

/** Starts the servers and makes a Cluster of them. */
export async function startRedisCluster(replicas = 0): Promise<RedisCluster> {
  const servers = await Promise.all(
    Array.from({ length: PRIMARIES * (1 + replicas) }, () =>
      startRedisServer(
        ...[
          "--cluster-enabled",
          "yes",
          "--cluster-config-file",
          "nodes.conf",
          "--cluster-node-timeout",
          "1500",
        ],
        ...["--repl-diskless-sync-delay", "0"],
      ),
    ),
  );
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  cli("--cluster", "create", ...addresses, "--cluster-replicas", String(replicas), "--cluster-yes");
  const agree = async () => {
    const states = await Promise.all(servers.map(({ admin }) => admin.cluster("INFO")));
    const linked = await Promise.all(
      servers.map(async ({ admin }) => /master_link_status:down/.test(await admin.info("replication"))),
    );
    return states.every((state) => /cluster_state:ok/.test(String(state))) && !linked.includes(true);
  };
  while (!(await agree()));
  const nodes = servers.map(({ port }) => ({ host: "127.0.0.1", port }));
  const client = new Cluster(nodes, { lazyConnect: true });
  const primaryOf = async (slot: number): Promise<RedisServer> => {
    for (const server of servers.filter(({ admin }) => admin.status === "ready")) {
      const ranges = await server.admin.cluster("SLOTS");
      const range = ranges.find(([first, last]) => first <= slot && slot <= last);
      const primary = servers.find(({ port }) => port === range?.[2]?.[1]);
      if (primary !== undefined) return primary;
    }
    throw new Error(`Nobody holds slot ${slot}.`);
  };
  const slotOf = async (key: string) => Number(await servers[0]?.admin.cluster("KEYSLOT", key));
  return {
    servers,
    nodes,
    client,
    serverOf: async (key) => primaryOf(await slotOf(key)),
    async moveSlotOf(key) {
      const slot = await slotOf(key);
      const from = await primaryOf(slot);
      const roles = await Promise.all(
        servers.map(async (server) => [server, await server.admin.role()] as const),
      );
      const to = roles.find(([server, role]) => server !== from && role[0] === "master")?.[0] as RedisServer;
      const [fromId, toId] = await Promise.all([from, to].map(({ admin }) => admin.cluster("MYID")));
      await to.admin.cluster("SETSLOT", slot, "IMPORTING", String(fromId));
      await from.admin.cluster("SETSLOT", slot, "MIGRATING", String(toId));
      for (;;) {
        const keys = (await from.admin.cluster("GETKEYSINSLOT", slot, 10)) as string[];
        if (keys.length === 0) break;
        await from.admin.call("MIGRATE", "127.0.0.1", to.port, "", 0, 5000, "KEYS", ...keys);
      }
      for (const { admin } of [to, from]) await admin.cluster("SETSLOT", slot, "NODE", String(toId));
    },
    async replicate(key) {
      const { admin } = await primaryOf(await slotOf(key));
      const offset = Number(/^master_repl_offset:(\d+)/m.exec(await admin.info("replication"))?.[1]);
      const has = async () => {
        const offsets = (await admin.info("replication")).matchAll(/^slave\d+:.*offset=(\d+)/gm);
        const behind = [...offsets].map(([, got]) => Number(got) < offset);
        return behind.length > 0 && !behind.includes(true);
      };
      while (!(await has()));
    },
    async stop() {
      client.disconnect();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

function cli(...args: readonly string[]): void {
  execFileSync("redis-cli", args, { stdio: ["ignore", "pipe", "inherit"] });
}
