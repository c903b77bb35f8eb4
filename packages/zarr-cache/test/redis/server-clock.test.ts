import { expect, it } from "vitest";
import { ServerClock } from "../../src/redis/server-clock.ts";

const SERVER = 1_700_000_000_000;

/** A clock that learnt the server's time by an answer which took 40 ms, so that it may be 20 ms wrong. */
function setUp() {
  let monotonic = 1000;
  const clock = new ServerClock(() => monotonic);
  monotonic += 40;
  // Redis told the time 5 ms after it was asked.
  clock.sample(1000, SERVER + 5);
  return { clock, later: (milliseconds: number) => (monotonic += milliseconds) };
}

it("estimates the server's time by the middle of a round trip, and goes on by its own", () => {
  const { clock, later } = setUp();
  expect(clock.now()).toBe(SERVER + 25);
  later(100);
  expect(clock.now()).toBe(SERVER + 125);
});

it("is not before a moment that has been, as far as its estimate may be wrong", () => {
  const { clock, later } = setUp();
  clock.hasBeen(SERVER + 20);
  expect(clock.now()).toBe(SERVER + 25);
  clock.hasBeen(SERVER + 40);
  expect(clock.now()).toBe(SERVER + 40);
  later(10);
  expect(clock.now()).toBe(SERVER + 50);
});

it("leaves a moment that is further off for what it is: a clock that went back", () => {
  const { clock } = setUp();
  clock.hasBeen(SERVER + 25 + 22);
  expect(clock.now()).toBe(SERVER + 25);
  const unasked = new ServerClock(() => 0);
  unasked.hasBeen(Date.now() + 5);
  expect(unasked.now()).toBeLessThanOrEqual(Date.now());
});
