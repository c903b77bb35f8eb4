import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { expect, it, onTestFinished } from "vitest";
import { runWorkers } from "../../src/node/run-workers.ts";

/** Listens, and then hears nothing more although it still runs, as a worker that is just ending. */
const ENDING = `
process.send({ type: "listening", port: 1 }, () => process.disconnect());
setTimeout(() => {}, 60_000);
`;

it("goes on where a worker does not hear any more what it is told", async () => {
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const exec = join(directory, "worker.mjs");
  await writeFile(exec, ENDING);
  cluster.setupPrimary({ exec, execArgv: [] });
  const forked = once(cluster, "fork");
  const deaf = once(cluster, "disconnect");
  const running = runWorkers(1, "127.0.0.1:0", pino({ level: "silent" }));
  const [worker] = (await forked) as [Worker];
  onTestFinished(() => void worker.process.kill("SIGKILL"));
  const errors: unknown[] = [];
  worker.on("error", (error) => errors.push(error));
  const workers = await running;
  expect(workers.port).toBe(1);
  await deaf;
  workers.reload();
  const closed = workers.close();
  // What cannot be sent is told in a turn to come.
  await new Promise(setImmediate);
  expect(worker.isDead()).toBe(false);
  worker.process.kill("SIGKILL");
  await closed;
  expect(errors).toEqual([]);
});
