import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Arithmetic, type ChunkFailure, FunctionSource, readCoordinates, resource } from "@zarr-cache/nodes";
import { queue } from "@zarr-cache/nodes/queue";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { openCache } from "zarr-cache/node";
import { hasRedis, type ReachableRedis, startRedis } from "../support/reachable-redis.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { heightsOrigin } from "./support/heights-origin.ts";
import { command } from "./support/start-server.ts";
import { startWorker } from "./support/start-worker.ts";

const HEIGHTS = fileURLToPath(new URL("support/count-heights.ts", import.meta.url));
const isThere = await hasRedis("tests of the worker");
let redis: ReachableRedis;
beforeAll(async () => {
  if (isThere) redis = await startRedis();
});
afterAll(() => redis?.stop());

/** Deadlines that a busy machine does not reach. */
const PATIENT = { deadline: "1m", lockTimeout: "2m" };

const heights = resource("heights", () => []);
const height = new Arithmetic({
  eqn: "2 * A",
  operands: { A: new FunctionSource({ fn: heights, dims: ["lat"] }) },
});

/** A directory with a definition, a configuration and a cache that workers share with the test. */
async function workplace(more: object = {}) {
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, "height.json"), height.definition("json"));
  const config = { cache: PATIENT, pipelines: { modules: [HEIGHTS] }, ...more };
  await writeFile(join(cwd, "zarr-cache.config.json"), JSON.stringify(config));
  const cache = join(cwd, "cache");
  return { cwd, cache, env: { LOCAL_DATA_DIR: cache } };
}

it.skipIf(!isThere)(
  "evaluates what a queue asks for in several processes, and ends after what is under way",
  async () => {
    const { cwd, cache: directory, env } = await workplace();
    const origin = await heightsOrigin();
    const name = `test-${crypto.randomUUID()}`;
    const args = ["height.json", "--redis", redis.url, "--queue", name];
    const start = () => startWorker(args, { cwd, env: { ...env, HEIGHTS_URL: origin.url } });
    const workers = await Promise.all([start(), start()]);
    expect(workers[0]?.told).toMatchObject({ queue: name, allowed: [height.hash] });
    const cache = await openCache(directory, { ...PATIENT, memory: 0 });
    onTestFinished(() => cache.close());
    await using method = queue({ redis: redis.url, queue: name, chunkPoints: 5, patience: 60_000 });
    const failures: unknown[] = [];
    const onFailure = ({ error }: ChunkFailure) => failures.push(String(error));
    const evaluate = (start: number, size: number) =>
      height.using({ cache }).eval(readCoordinates({ lat: { start, step: 1, size } }), { method, onFailure });
    const out = await evaluate(14, 40);
    expect(Array.from(out.toTypedArray())).toEqual(Array.from({ length: 40 }, (_, at) => 20 * (14 + at)));
    expect([...origin.asked].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => 14 + at));
    // The origin fails for 13; what workers say of it has no secrets.
    expect(Array.from((await evaluate(12, 7)).toTypedArray(), Number.isNaN)).toEqual([
      ...Array(5).fill(true),
      false,
      false,
    ]);
    expect(failures).toEqual([`EvaluationError: A worker failed: no heights from ${origin.url}/`]);
    for (const { process } of workers) process.kill("SIGTERM");
    expect(await Promise.all(workers.map(({ exitCode }) => exitCode))).toEqual([0, 0]);
    const states = workers.flatMap(({ chunks }) => chunks.map(({ state }) => state));
    expect(states.sort()).toEqual(["failed", ...Array(9).fill("kept")]);
  },
);

it.skipIf(!isThere)("evaluates the pipelines that a configuration serves, and no others", async () => {
  const coordinates = { lat: { start: 0, step: 1, size: 12 } };
  const {
    cwd,
    cache: directory,
    env,
  } = await workplace({
    stores: { height: { pipeline: "height.json", coordinates } },
  });
  const origin = await heightsOrigin();
  const name = `test-${crypto.randomUUID()}`;
  // A password is better not on the command line.
  const ZARR_CACHE_QUEUE = redis.url;
  const worker = await startWorker(["--queue", name], {
    cwd,
    env: { ...env, ZARR_CACHE_QUEUE, HEIGHTS_URL: origin.url },
  });
  expect(worker.told).toMatchObject({ allowed: [height.hash] });
  const cache = await openCache(directory, { ...PATIENT, memory: 0 });
  onTestFinished(() => cache.close());
  await using method = queue({ redis: redis.url, queue: name, patience: 60_000 });
  const other = new Arithmetic({ eqn: "3 * A", operands: height.operands }, { cache });
  await expect(other.eval(readCoordinates(coordinates), { method })).rejects.toThrow(
    `A worker refused the pipeline: ${other.hash} is not allowed here`,
  );
  expect(origin.asked).toEqual([]);
});

it.each([
  [["height.json"], 2, "worker.redis:\n  is missing"],
  [["--redis", "redis://127.0.0.1:9"], 2, "allows nothing: name definitions (zarr-cache worker ndvi.json)"],
  [["height.json", "--redis", "http://x"], 2, "worker.redis: is no URL of a Redis"],
  [["none.json", "--redis", "redis://127.0.0.1:9"], 2, "none.json"],
  [["height.json", "--redis", "redis://127.0.0.1:9", "--allow", "abc"], 2, "is no hash of a pipeline"],
  [
    ["height.json", "--redis", "redis://a:secret@127.0.0.1:9"],
    1,
    "Redis at 127.0.0.1:9 cannot be used for the queue",
  ],
])("says in a line what is wrong with worker %j", async (args, code, message) => {
  const { cwd, env } = await workplace();
  const told = await command(["worker", ...args], { cwd, env });
  expect(told.err).toContain(message);
  expect(told).toMatchObject({ code, out: "" });
  expect(told.err).not.toMatch(/ {4}at |secret/);
});

it("explains itself, and is completed by a shell", async () => {
  const { cwd, env } = await workplace();
  const { out } = await command(["worker", "--help"], { cwd, env });
  expect(out).toMatch(/zarr-cache worker ndvi.json --redis redis:\/\/127.0.0.1 /);
  expect((await command(["completion", "bash"], { cwd, env })).out).toMatch(/worker\) words=.*--concurrency/);
});
