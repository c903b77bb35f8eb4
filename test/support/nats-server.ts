import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ensureDebianPackages } from "./debian-package.ts";
import { directoryOfRun } from "./directory-of-run.ts";
import { freePorts } from "./free-port.ts";
import { startTethered, type TetheredProcess } from "./tethered-process.ts";

/** Installs nats-server where it is not there. */
export async function installNats(): Promise<void> {
  if (!(await ensureDebianPackages("nats-server")))
    throw new Error("nats-server cannot be installed here: apt-get install nats-server");
}

/** Runs a NATS server on a configuration, and resolves once its port answers. */
export async function runNats(file: string, port: number): Promise<TetheredProcess> {
  const server = startTethered("nats-server", ["-c", file], { cwd: dirname(file), env: process.env });
  for (let attempt = 0; !/Server is ready/.test(server.output); attempt++) {
    if (attempt > 1000) throw new Error(`nats-server did not start:\n${server.output}`);
    await pause(10);
  }
  await reached(port);
  return server;
}

/** Starts a NATS server of its own on a free port, with some lines of configuration; `$DIRECTORY` stands for its own. */
export async function startNatsServer(
  lines: string,
): Promise<{ readonly host: string; stop(): Promise<void> }> {
  await installNats();
  const { path: directory, remove } = directoryOfRun("zarr-cache-nats-");
  const [port = 0] = await freePorts(1);
  const file = join(directory, "nats.conf");
  writeFileSync(file, `listen: "127.0.0.1:${port}"\n${lines.replaceAll("$DIRECTORY", directory)}\n`);
  const server = await runNats(file, port);
  return {
    host: `127.0.0.1:${port}`,
    async stop() {
      await server.stop();
      remove();
    },
  };
}

/** Waits until a port answers. */
async function reached(port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (isThere) return;
    await pause(10);
  }
  throw new Error(`nothing answers at port ${port}`);
}
