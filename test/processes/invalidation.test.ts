import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { makeOrigin, type Origin } from "./support/origin.ts";
import { randomNumbers } from "./support/random-numbers.ts";
import { startWorker, type Worker } from "./support/start-worker.ts";
import type { WorkerAssembly } from "./support/worker.ts";

const ROUNDS = 2_000;
const RACES = 300;

/** A busy machine must not make a write fail: that it was refused would be right, but is not what is looked at here. */
const ASSEMBLY: WorkerAssembly = {
  index: { maxBytes: 50e6, deadline: "1m", lockAge: "1m" },
  tier: { deadline: "1m" },
  memory: 20e6,
};

async function startTwo(origin: Origin): Promise<{ readonly one: Worker; readonly other: Worker }> {
  const directory = await temporaryDirectory();
  const one = await startWorker(origin);
  const other = await startWorker(origin);
  await one.call("assemble", directory, ASSEMBLY);
  await other.call("assemble", directory, ASSEMBLY);
  return { one, other };
}

it("shows what one process drops, writes or deletes in the next read of another, its memory included", async () => {
  const origin = makeOrigin(12, 3_000);
  const { one, other } = await startTwo(origin);
  const keys = [...origin.values.keys()];
  const random = randomNumbers(11);
  const missed: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const key = keys[Math.floor(random() * keys.length)] as string;
    const [writer, reader] = random() < 0.5 ? [one, other] : [other, one];
    // Both have it in memory.
    await Promise.all([writer.call("get", key), reader.call("get", key)]);
    const dice = random();
    if (dice < 0.4) {
      origin.change(key);
      await writer.call("invalidate", dice < 0.05 ? "/" : dice < 0.1 ? "/c/" : key);
    } else if (dice < 0.8) await writer.call("set", key);
    else await writer.call("remove", key);
    const [read, own] = await Promise.all([reader.call("get", key), writer.call("get", key)]);
    const truth = origin.values.get(key)?.version;
    if (read !== truth || own !== truth) missed.push(`round ${round}: ${read} and ${own} for ${truth}`);
  }
  expect(missed).toEqual([]);
  expect(origin.complaints).toEqual([]);
  for (const worker of [one, other])
    expect((await worker.call("counts")).memoryHits, "it was read from memory").toBeGreaterThan(ROUNDS / 4);
});

it("never shows what a process began to fetch before another dropped it", async () => {
  const origin = makeOrigin(RACES, 3_000);
  const { one, other } = await startTwo(origin);
  const random = randomNumbers(12);
  const late: string[] = [];
  for (const key of origin.values.keys()) {
    const held = origin.hold(key);
    const early = one.call("get", key);
    await held.arrived;
    const drop = async () => {
      if (random() < 0.5) return other.call("set", key);
      origin.change(key);
      return other.call("invalidate", random() < 0.5 ? key : "/");
    };
    // The answer comes after the drop, or in the middle of it.
    const dropping = drop();
    if (random() < 0.5) await dropping;
    held.release();
    await dropping;
    expect(await early, "what it asked for before it was dropped").toBe(1);
    const truth = origin.values.get(key)?.version;
    const first = await Promise.all([one.call("get", key), other.call("get", key)]);
    await one.call("idle");
    const then = await Promise.all([one.call("get", key), other.call("get", key)]);
    if ([...first, ...then].some((version) => version !== truth)) late.push(`${key}: ${first}, then ${then}`);
  }
  expect(late).toEqual([]);
});
