import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { ClosedError } from "../../src/errors.ts";
import { giveBack } from "../../src/redis/giving-back.ts";
import { fakeClock } from "../../src/testing/index.ts";
import { passTime } from "../support/pass-time.ts";

const LOCK_AGE = 5_000;

it("tries again while Redis is away, with longer and longer pauses, until it is done", async () => {
  const clock = fakeClock(0);
  const tries: number[] = [];
  const release = async () => {
    tries.push(clock.now());
    if (tries.length < 4) throw new Error("away");
  };
  await passTime(clock, giveBack(release, LOCK_AGE, clock.timers));
  expect(tries).toEqual([0, 100, 300, 700]);
  expect(clock.pending).toBe(0);
});

it("gives up once the claim is dead anyway", async () => {
  const clock = fakeClock(0);
  let tries = 0;
  const release = async () => {
    tries += 1;
    throw new Error("away");
  };
  expect(await passTime(clock, giveBack(release, LOCK_AGE, clock.timers))).toBeGreaterThanOrEqual(LOCK_AGE);
  const made = tries;
  clock.advance(60_000);
  await setImmediate();
  expect(tries).toBe(made);
});

it("ends at once when the index is closed", async () => {
  const clock = fakeClock(0);
  await giveBack(() => Promise.reject(new ClosedError("The index")), LOCK_AGE, clock.timers);
  expect(clock.pending).toBe(0);
});
