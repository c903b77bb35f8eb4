import { expect, it } from "vitest";
import type { IndexEntry } from "zarr-cache";
import { fakeClock } from "zarr-cache/testing";
import type { ScriptArgument } from "../../src/redis/script.ts";
import { keysOfShard } from "../../src/redis/shard-keys.ts";
import type { Shard, Shards } from "../../src/redis/shards.ts";
import { UseBuffer } from "../../src/redis/use-buffer.ts";
import { UseFlushing } from "../../src/redis/use-flushing.ts";

/** Arguments that tell of one entry's uses. */
const ARGUMENTS = 7;

/** One shard, and the uses that Redis is told of. */
function setup(onTold: () => void = () => {}) {
  const rest = { number: 0, hasCuts: false, stateCursor: "0", claimCursor: "0" };
  const shard: Shard = { keys: keysOfShard("n", 0), uses: new UseBuffer(), ...rest };
  const told: number[] = [];
  const shards: Partial<Shards> = {
    all: [shard],
    of: () => shard,
    replyKey: () => "reply",
    run: async (_: unknown, __: unknown, args: readonly ScriptArgument[]) => {
      told.push(args.length / ARGUMENTS);
      onTold();
      return undefined;
    },
  };
  const flushing = new UseFlushing(shards as Shards, fakeClock().timers);
  let count = 0;
  const use = () =>
    flushing.use(
      { storeId: "s", key: `/${count++}` },
      { token: "0".repeat(40), whole: false } as IndexEntry,
      0,
    );
  return { flushing, use, told };
}

it("tells of what was pending when it began, and is done although more comes all the while", async () => {
  const { flushing, use, told } = setup(() => {
    for (let i = 0; i < 50; i++) use();
  });
  for (let i = 0; i < 250; i++) use();
  await flushing.flush();
  expect(told).toHaveLength(3);
});

it("forgets what is more than Redis should hear of in a second", async () => {
  const { flushing, use, told } = setup();
  for (let i = 0; i < 20_000; i++) use();
  await flushing.flush();
  expect(told.reduce((sum, entries) => sum + entries, 0)).toBe(1000);
  expect(Math.max(...told)).toBe(100);
});

it("sends nothing twice and no empty script where two flush at once", async () => {
  const { flushing, use, told } = setup();
  for (let i = 0; i < 250; i++) use();
  await Promise.all([flushing.flush(), flushing.flush()]);
  expect(told.reduce((sum, entries) => sum + entries, 0)).toBe(250);
  expect(Math.min(...told)).toBeGreaterThan(0);
});
