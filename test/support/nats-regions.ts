import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { directoryOfRun } from "./directory-of-run.ts";
import { freePorts } from "./free-port.ts";
import { installNats, runNats } from "./nats-server.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";
import type { TetheredProcess } from "./tethered-process.ts";

/** The NATS server of one region, a JetStream domain of its own. */
export interface NatsRegion {
  readonly name: string;
  readonly url: string;
  /** The cable to the hub: a proxy that can be cut. `undefined` for the hub. */
  readonly cable: TcpProxy | undefined;
  kill(): Promise<void>;
  /** Starts it anew, on what it had, or on an empty disk. */
  start(options?: { readonly emptyDisk?: boolean }): Promise<void>;
}

/** Several regions: the first is the hub, the others are leaf nodes of it, each behind a cable of its own. */
export interface NatsRegions {
  readonly regions: readonly NatsRegion[];
  region(name: string): NatsRegion;
  stop(): Promise<void>;
}

/** Starts one NATS server for each name on free ports of the loopback. */
export async function startNatsRegions(...names: readonly string[]): Promise<NatsRegions> {
  await installNats();
  const { path: directory, remove } = directoryOfRun("zarr-cache-nats-");
  const ports = await freePorts(names.length + 1);
  const leafPort = ports.pop() as number;
  const regions: NatsRegion[] = [];
  for (const [place, name] of names.entries()) {
    const cable = place === 0 ? undefined : await startTcpProxy(leafPort);
    const region = makeRegion({ directory, name, port: ports[place] as number, leafPort, cable });
    await region.start();
    regions.push(region);
  }
  return {
    regions,
    region(name) {
      const found = regions.find((it) => it.name === name);
      if (found === undefined) throw new Error(`there is no region "${name}"`);
      return found;
    },
    async stop() {
      await Promise.all(regions.map((region) => region.kill()));
      await Promise.all(regions.map((region) => region.cable?.close()));
      remove();
    },
  };
}

interface Place {
  readonly directory: string;
  readonly name: string;
  readonly port: number;
  readonly leafPort: number;
  readonly cable: TcpProxy | undefined;
}

function makeRegion({ directory, name, port, leafPort, cable }: Place): NatsRegion {
  const store = join(directory, name);
  const file = join(directory, `${name}.conf`);
  // The hub tells its leaf nodes an address where nobody is: of its own one they would make use, past the cable.
  // Pings every second, so that a cable that was cut without a word is noticed within a few.
  writeFileSync(
    file,
    `server_name: ${name}
listen: "127.0.0.1:${port}"
ping_interval: "1s"
ping_max: 2
jetstream { store_dir: "${store}", domain: "${name}", max_memory_store: 64MB, max_file_store: 100GB }
${
  cable === undefined
    ? `leafnodes { listen: "127.0.0.1:${leafPort}", advertise: "127.0.0.1:1" }`
    : `leafnodes { reconnect: 1, remotes: [ { url: "nats://127.0.0.1:${cable.port}" } ] }`
}
`,
  );
  let server: TetheredProcess | undefined;
  return {
    name,
    url: `nats://127.0.0.1:${port}`,
    cable,
    async kill() {
      await server?.stop();
      server = undefined;
    },
    async start({ emptyDisk = false } = {}) {
      if (emptyDisk) rmSync(store, { recursive: true, force: true });
      server = await runNats(file, port);
    },
  };
}
