import type { ChunkFailure } from "@zarr-cache/nodes";
import { queue } from "@zarr-cache/nodes/queue";
import { expect, it } from "vitest";
import { until } from "../support/until.ts";
import { hasRedis, lats, queueScene, range, redisOfTests, sorted } from "./support/queue-scene.ts";

const tests = redisOfTests();
const scene = () => queueScene(tests.server);

it.skipIf(!hasRedis)(
  "gives what serial gives, bit for bit, from the cache that its workers share",
  async () => {
    const { node, alone, asked, evaluator, worker } = await scene();
    const workers = [await worker(), await worker()];
    const method = evaluator();
    const params = { Arithmetic: { k: 3 } };
    const progress: number[] = [];
    const onProgress = ({ done }: { readonly done: number }) => progress.push(done);
    const out = await node.eval(lats(1, 22), { method, params, onProgress });
    const serial = await alone.eval(lats(1, 22), { params });
    expect([out.toTypedArray(), out.units, out.dims]).toEqual([serial.toTypedArray(), "m", serial.dims]);
    expect([progress, sorted(asked)]).toEqual([[1, 2, 3, 4, 5, 6], range(1, 22)]);
    const states = await Promise.all(workers.map((each) => each.call("states")));
    expect(states.flat()).toEqual(Array(6).fill("kept"));
    // What is kept costs no job, and so no worker and no Redis either.
    await Promise.all(workers.map((each) => each.kill()));
    const again = await node.eval(lats(1, 22), {
      method: queue({ redis: "redis://127.0.0.1:9", chunkPoints: 4 }),
      params,
    });
    expect([again.toTypedArray(), asked.length]).toEqual([serial.toTypedArray(), 22]);
    expect((await node.getCache("output", lats(3, 7), { params })).toTypedArray()).toEqual(
      serial.toTypedArray().slice(2, 9),
    );
  },
);

it.skipIf(!hasRedis)("reports a chunk that failed and leaves it NaN, and does not keep it", async () => {
  const { node, asked, evaluator, worker } = await scene();
  await worker();
  const failures: ChunkFailure[] = [];
  const onFailure = (failure: ChunkFailure) => failures.push(failure);
  const out = await node.eval(lats(-16, 12), { method: evaluator(), onFailure });
  expect(Array.from(out.toTypedArray(), Number.isNaN)).toEqual(range(0, 12).map((at) => at < 4));
  expect(failures.map(({ error }) => String(error))).toEqual([
    "EvaluationError: A worker failed: RangeError: thirteen",
  ]);
  expect(failures[0]?.coordinates.bounds).toEqual({ lat: [-16, -13] });
  const before = asked.length;
  await node.eval(lats(-16, 12), { method: evaluator(), onFailure });
  expect(asked.slice(before)).toEqual(range(-16, 4));
});

it.skipIf(!hasRedis)("computes each chunk once for two evaluators of the same region", async () => {
  const { node, asked, hold, evaluator, worker } = await scene();
  const held = hold(9);
  const workers = [await worker(), await worker()];
  const methods = [evaluator(), evaluator()];
  const both = Promise.all(methods.map((method) => node.eval(lats(1, 24), { method })));
  await held.arrived;
  held.release();
  const [one, two] = await both;
  expect(one?.toTypedArray()).toEqual(two?.toTypedArray());
  expect(sorted(asked)).toEqual(range(1, 24));
  for (const each of workers) await each.call("close");
});

it.skipIf(!hasRedis)(
  "ends with its signal, takes back what nobody has begun, and leaves nothing of it",
  async () => {
    const { node, asked, hold, evaluator, worker } = await scene();
    const serving = await worker();
    const held = hold(1);
    const controller = new AbortController();
    const evaluating = node.eval(lats(1, 20), { method: evaluator(), signal: controller.signal });
    await held.arrived;
    controller.abort(new Error("enough"));
    await expect(evaluating).rejects.toThrow("enough");
    await until("the worker has heard of it", async () => (await serving.call("states")).length > 0);
    expect([asked, await serving.call("states")]).toEqual([range(1, 4), ["unwanted"]]);
    held.release();
    // What BullMQ keeps of a queue, whatever is in it.
    const left = async () => (await tests.server.admin.keys("*")).map((key) => key.replace(/^.*:/, ""));
    await until("nothing is left", async () =>
      (await left()).every((name) => ["meta", "events", "id", "stalled-check", "marker"].includes(name)),
    );
  },
);

it.skipIf(!hasRedis)("hands over what is not to be kept", async () => {
  const { node, alone, asked, evaluator, worker } = await scene();
  await worker();
  const method = evaluator();
  for (const cache of ["bypass", "refresh", "use"] as const) {
    const out = await node.eval(lats(1, 6), { method, cache });
    expect(out.toTypedArray(), cache).toEqual((await alone.eval(lats(1, 6))).toTypedArray());
    const kept = await Promise.all([lats(1, 4), lats(5, 2)].map((each) => node.hasCache("output", each)));
    expect(kept, cache).toEqual(Array(2).fill(cache !== "bypass"));
  }
  expect(asked.length).toBe(12);
  expect((await node.cacheEntries()).filter(({ key }) => key === "lent")).toEqual([]);
});
