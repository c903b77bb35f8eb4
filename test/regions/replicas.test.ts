import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Documents, Region } from "@zarr-cache/regions";
import { expect, onTestFinished, test } from "vitest";
import { freePorts } from "../support/free-port.ts";
import { installNats, runNats } from "../support/nats-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import type { TetheredProcess } from "../support/tethered-process.ts";
import { until } from "../support/until.ts";

const NAMES = ["a", "b", "c"] as const;

type Name = (typeof NAMES)[number];

/** Three servers of one region, a cluster; the ways to kill one, and to start it without its disk. */
async function startCluster() {
  await installNats();
  const directory = await temporaryDirectory();
  const ports = await freePorts(2 * NAMES.length);
  const [clients, routes] = [ports.slice(0, NAMES.length), ports.slice(NAMES.length)];
  const servers = new Map<string, TetheredProcess>();
  const starting = NAMES.map(async (name, n) => {
    const file = join(directory, `${name}.conf`);
    writeFileSync(
      file,
      `server_name: ${name}
listen: "127.0.0.1:${clients[n]}"
jetstream { store_dir: "${join(directory, name)}", domain: "fra" }
cluster {
  name: "fra", listen: "127.0.0.1:${routes[n]}"
  routes: [ ${routes.map((port) => `"nats://127.0.0.1:${port}"`).join(", ")} ]
}
`,
    );
    const server = await runNats(file, clients[n] as number);
    onTestFinished(() => server.stop());
    servers.set(name, server);
  });
  await Promise.all(starting);
  return {
    nats: clients.map((port) => `nats://127.0.0.1:${port}`).join(","),
    kill: async (name: Name) => servers.get(name)?.stop(),
    /** Starts one that was killed, on an empty disk. */
    startEmpty: async (name: Name) => {
      await rm(join(directory, name), { recursive: true });
      const port = clients[NAMES.indexOf(name)] as number;
      const server = await runNats(join(directory, `${name}.conf`), port);
      onTestFinished(() => server.stop());
    },
  };
}

/** Does something until it works: while servers look for a leader, they refuse. What it answers counts. */
async function persist<T>(what: string, work: () => Promise<T>): Promise<T> {
  const done: T[] = [];
  await until(what, async () => {
    const one = await work().then(
      (answer) => [answer],
      () => [],
    );
    done.push(...one);
    return done.length > 0;
  });
  return done[0] as T;
}

test("with three replicas a region loses nothing when one of its servers is gone for good, and goes on", async () => {
  const cluster = await startCluster();
  const three = { replicas: 3 };
  const limits = { documents: three, parts: three, drops: three };
  const options = { region: "fra", nats: cluster.nats, limits, deadline: 5000 };
  const region = await persist("the region opens", () => Region.open(options));
  onTestFinished(() => region.close());
  const documents = new Documents(region);
  onTestFinished(() => documents.close());
  const keys = Array.from({ length: 20 }, (_, n) => `doc/${n}`);
  for (const key of keys) await persist(`${key} is written`, () => documents.put(key, key));
  const replication = async () => {
    const { cluster: state } = await region.link.manager.streams.info(region.own("documents").stream);
    return { leader: state?.leader as Name, replicas: state?.replicas ?? [] };
  };
  const { leader: lost, replicas: others } = await replication();
  expect(others).toHaveLength(2);
  await cluster.kill(lost);
  // A read may fail until there is another leader, but not answer what is not so.
  for (const key of keys)
    expect(await persist(`${key} is read`, () => documents.get(key))).toMatchObject({ key, value: key });
  await persist("a write is taken", () => documents.put("after", 1));
  expect(await persist("it is read", () => documents.get("after"))).toMatchObject({ value: 1 });
  // A machine that comes again without what it had not synced, or anything, has it back from the others.
  await cluster.startEmpty(lost);
  await until("it has everything again", async () =>
    (await replication()).replicas.some(({ name, current }) => name === lost && current),
  );
  // It counts for the next one that is gone.
  await cluster.kill((await persist("there is a leader", replication)).leader);
  for (const key of keys)
    expect(await persist(`${key} is read`, () => documents.get(key))).toMatchObject({ key, value: key });
  await persist("a write is taken", () => documents.put("last", 1));
});
