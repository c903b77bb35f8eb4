import type { QueueOptions } from "@zarr-cache/nodes/queue";
import { Queue, QueueEvents } from "bullmq";
import { expect, it, onTestFinished } from "vitest";
import { until } from "../support/until.ts";
import { hasRedis, lats, queueScene, range, redisOfTests, sorted } from "./support/queue-scene.ts";

const tests = redisOfTests();
const scene = () => queueScene(tests.server);

it.skipIf(!hasRedis)("gives the chunks of a worker that was killed to another", async () => {
  const { node, alone, asked, hold, evaluator, worker } = await scene();
  const doomed = await worker({ lockDuration: 1000 });
  const held = hold(6);
  const evaluating = node.eval(lats(1, 20), { method: evaluator() });
  await held.arrived;
  const before = [...asked];
  await doomed.kill();
  await worker({ lockDuration: 1000 });
  const out = await evaluating;
  expect(out.toTypedArray()).toEqual((await alone.eval(lats(1, 20))).toTypedArray());
  // Once, and what the dead one had begun a second time.
  expect(before).toEqual(range(1, 8));
  expect(sorted(asked)).toEqual(sorted([...range(1, 20), ...range(5, 4)]));
});

it.skipIf(!hasRedis)("lets go of the chunks of an evaluator that died", async () => {
  const { place, asked, program, worker } = await scene();
  const asking = await program();
  asking.call("ask", tests.server.url, place, 12);
  await until(
    "its chunks wait",
    async () => (await tests.server.admin.llen("{zarr-cache}:evaluations:wait")) === 3,
  );
  await asking.kill();
  const [record = ""] = await tests.server.admin.keys("{zarr-cache}.evaluation:*");
  const left = await tests.server.admin.pttl(record);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(30_000);
  // As if that time had gone by.
  await tests.server.admin.del(record);
  const serving = await worker();
  await until("they are gone", async () => (await serving.call("states")).length === 3);
  expect([await serving.call("states"), asked]).toEqual([Array(3).fill("unwanted"), []]);
});

it.skipIf(!hasRedis)("goes on where Redis has forgotten everything", async () => {
  const { node, asked, evaluator, worker } = await scene();
  const evaluating = node.eval(lats(1, 12), { method: evaluator({ patience: 120_000 }) });
  await until(
    "its chunks wait",
    async () => (await tests.server.admin.llen("{zarr-cache}:evaluations:wait")) === 3,
  );
  await tests.server.restart();
  await worker();
  expect((await evaluating).size).toBe(12);
  expect(sorted(asked)).toEqual(range(1, 12));
});

it.skipIf(!hasRedis)("gives back what a worker that is to end has not finished in time", async () => {
  const { node, asked, hold, evaluator, worker } = await scene();
  const first = await worker();
  const held = hold(1);
  const evaluating = node.eval(lats(1, 8), { method: evaluator() });
  await held.arrived;
  await first.call("close", 1);
  expect(asked).toEqual(range(1, 4));
  const second = await worker();
  expect((await evaluating).size).toBe(8);
  expect(sorted(asked)).toEqual(sorted([...range(1, 4), ...range(1, 8)]));
  held.release();
  // Without hurry, one ends after what is under way.
  const again = hold(21);
  const more = node.eval(lats(21, 4), { method: evaluator() });
  await again.arrived;
  const ending = second.call("close");
  again.release();
  await ending;
  expect((await more).size).toBe(4);
});

it.skipIf(!hasRedis)("says in a sentence what is wrong", async () => {
  const { node, alone, evaluator, worker } = await scene();
  const evaluate = (options: Partial<QueueOptions>, from = node) =>
    from.eval(lats(1, 8), { method: evaluator(options) });
  await expect(evaluate({}, alone)).rejects.toThrow(/^Arithmetic has no cache.*node.using\(\{ cache \}\)$/);
  const down = evaluate({ redis: "redis://someone:secret@127.0.0.1:9" });
  await expect(down).rejects.toThrow(
    /^Redis at 127.0.0.1:9 cannot be used for the queue \(connect ECONNREFUSED 127.0.0.1:9\)$/,
  );
  await expect(evaluate({ patience: 200 })).rejects.toThrow(
    /^No worker has served the queue "evaluations" of Redis at 127.0.0.1:\d+ for 0.2 s: start one with "zarr-cache worker"$/,
  );
  await worker({ allow: ["0".repeat(64)] });
  await expect(evaluate({})).rejects.toThrow(
    `A worker refused the pipeline: ${node.hash} is not allowed here`,
  );
});

it.skipIf(!hasRedis)("refuses chunks of another format, and definitions that are none", async () => {
  const { worker } = await scene();
  const serving = await worker();
  const jobs = new Queue("evaluations", { connection: tests.server.admin, prefix: "{zarr-cache}" });
  const events = new QueueEvents("evaluations", {
    connection: tests.server.admin.duplicate({ maxRetriesPerRequest: null }),
    prefix: "{zarr-cache}",
    lastEventId: "0",
  });
  onTestFinished(() => events.close());
  const answers: unknown[] = [];
  events.on("completed", ({ returnvalue }) => answers.push(returnvalue));
  const definition = { A: { node: "process" }, version: "9.9.9" };
  const record = { definition, params: {}, cache: "use", storeId: "nodes", settings: "" };
  await tests.server.admin.set("{zarr-cache}.evaluation:odd", JSON.stringify(record), "EX", 60);
  await jobs.add("chunk", { format: 2 }, { removeOnComplete: true });
  const chunk = { format: 1, evaluation: "odd", coordinates: lats(1, 1).definition };
  await jobs.add("chunk", chunk, { removeOnComplete: true });
  await until("both are answered", () => answers.length === 2);
  expect(answers).toEqual([
    { state: "refused", reason: expect.stringMatching(/format 2, .* knows format 1: install the same/) },
    { state: "refused", reason: expect.stringMatching(/A.node: is "process".*by version 9.9.9\)$/) },
  ]);
  expect(await serving.call("states")).toEqual(["refused", "refused"]);
});
