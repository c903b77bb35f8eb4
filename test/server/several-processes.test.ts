import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";
import { startConfigured } from "./support/configured-server.ts";
import { countingOrigin } from "./support/counting-origin.ts";
import { startServer } from "./support/start-server.ts";

/** A connection of its own, which either process may take. */
const ALONE = { headers: { connection: "close" } };

/** A configuration that takes its time, as long as there is a file `hesitate`, for the stores that it had before. */
const HESITATING = `
import { existsSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
const here = (name) => new URL(name, import.meta.url);
export default async () => {
  const stores = JSON.parse(readFileSync(here("stores.json"), "utf8"));
  if ("one" in stores && existsSync(here("hesitate"))) {
    process.stderr.write('{"msg":"hesitates"}\\n');
    while (existsSync(here("hesitate"))) await setTimeout(10);
  }
  return { workers: 2, stores };
};
`;

it("serves with several processes over one cache, and asks the source once", async () => {
  const origin = await countingOrigin({ "/era5.zarr/c/0": Uint8Array.of(1) });
  const server = await startServer([`${origin.url}/era5.zarr`, "--workers", "2"]);
  const ask = () => fetch(`${server.url}/stores/era5/c/0`, ALONE);
  const answers = await Promise.all(Array.from({ length: 32 }, ask));
  expect(answers.map(({ status }) => status)).toEqual(Array(32).fill(200));
  expect(origin.requests).toHaveLength(1);
  // Each process tells the others once a second what it counts.
  let metrics = "";
  while (!/process="1".*process="2"/s.test(metrics))
    metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('zarr_cache_source_reads_total{store="era5",process="2"}');
  await until("each process tells of the reads of all", async () => {
    const told = async () => (await (await fetch(`${server.url}/api/v1/stores/era5`, ALONE)).json()).reads;
    return (await Promise.all(Array.from({ length: 8 }, told))).every((reads) => reads === 32);
  });
  server.process.kill("SIGTERM");
  expect(await server.exitCode).toBe(0);
});

it("reads its configuration anew on SIGHUP in every process", async () => {
  const origin = await countingOrigin({ "/one/a": Uint8Array.of(1), "/two/a": Uint8Array.of(2) });
  const server = await startConfigured({ workers: 2, stores: { one: `${origin.url}/one` } });
  const statuses = async (path: string) => {
    const ask = () => fetch(`${server.url}${path}`, ALONE);
    const answers = await Promise.all(Array.from({ length: 24 }, ask));
    return [...new Set(answers.map(({ status }) => status))];
  };
  expect(await statuses("/stores/one/a")).toEqual([200]);
  await server.reload({ workers: 2, stores: { two: `${origin.url}/two` } });
  await until(
    "both have read it",
    () => server.log.filter(({ msg }) => msg === "worker reloaded").length === 2,
  );
  expect([await statuses("/stores/one/a"), await statuses("/stores/two/a")]).toEqual([[404], [200]]);
});

it("starts a worker where the others listen, whatever the configuration says by then", async () => {
  const at = (listen: string) => ({ listen, workers: 2, stores: { a: "./x" } });
  const server = await startConfigured(at("127.0.0.1:0"), { env: { ZARR_CACHE_LISTEN: "" } });
  await server.configure(at("127.0.0.2:0"));
  const workers = () =>
    server.log.filter(({ msg }) => msg === "worker serves").map(({ pid }) => pid as number);
  while (workers().length < 2) await server.logged("worker serves");
  for (const pid of workers()) {
    const replaced = server.logged("worker serves");
    process.kill(pid, "SIGKILL");
    await replaced;
  }
  expect(workers()).toHaveLength(4);
  const answer = await fetch(`${server.url}/stores/a/`, ALONE);
  expect(answer.status).toBe(200);
});

it("has a worker that only begins read the configuration that the others have read meanwhile", async () => {
  const origin = await countingOrigin({ "/one/a": Uint8Array.of(1), "/two/a": Uint8Array.of(2) });
  const cwd = await temporaryDirectory();
  const stores = join(cwd, "stores.json");
  const configure = (id: string) => writeFile(stores, JSON.stringify({ [id]: `${origin.url}/${id}` }));
  await writeFile(join(cwd, "zarr-cache.config.mjs"), HESITATING);
  await configure("one");
  const server = await startServer([], { cwd });
  const isServing = ({ msg }: Record<string, unknown>) => msg === "worker serves";
  const { pid } = server.log.find(isServing) ?? (await server.logged("worker serves"));
  const hesitating = server.logged("hesitates");
  await writeFile(join(cwd, "hesitate"), "");
  process.kill(pid as number, "SIGKILL");
  await hesitating;
  await configure("two");
  const reloaded = server.logged("reloaded");
  server.process.kill("SIGHUP");
  await reloaded;
  await rm(join(cwd, "hesitate"));
  await until(
    "both have read it",
    () => server.log.filter(({ msg }) => msg === "worker reloaded").length === 2,
  );
  const ask = () => fetch(`${server.url}/stores/two/a`, ALONE);
  const answers = await Promise.all(Array.from({ length: 24 }, ask));
  expect(answers.map(({ status }) => status)).toEqual(Array(24).fill(200));
});
