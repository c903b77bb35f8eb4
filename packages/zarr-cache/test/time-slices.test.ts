import { expect, it } from "vitest";
import { fakeClock } from "../src/testing/index.ts";
import { TimeSlices } from "../src/time-slices.ts";

/** An event loop whose turns the test takes, and pieces of work that take a while of its clock. */
function setUp() {
  const clock = fakeClock();
  let asked: (() => void)[] = [];
  const slices = new TimeSlices({ nextTurn: (callback) => asked.push(callback), monotonic: clock.now });
  let done = 0;
  /** Takes a turn, as Node does: what was asked for before it, and after each piece the promises. */
  async function turn(): Promise<void> {
    const due = asked;
    asked = [];
    for (const callback of due) {
      callback();
      await microtasks();
    }
  }
  return {
    slices,
    clock,
    done: () => done,
    /** Does pieces of work of so many milliseconds each, when it is time for them. */
    async work(pieces: number, milliseconds: number): Promise<void> {
      for (let i = 0; i < pieces; i++)
        void (async () => {
          await slices.take();
          clock.advance(milliseconds);
          done++;
        })();
      await microtasks();
    },
    /** Takes so many turns; tells how many pieces were done after each. */
    async turns(count: number): Promise<number[]> {
      const after: number[] = [];
      for (let i = 0; i < count; i++) {
        await turn();
        after.push(done);
      }
      return after;
    },
    asked: () => asked.length,
  };
}

async function microtasks(): Promise<void> {
  for (let i = 0; i < 10; i++) await undefined;
}

it("lets one go on at once in each turn, without a promise", async () => {
  const { slices, turns } = setUp();
  expect(slices.take()).toBeUndefined();
  expect(slices.take()).toBeInstanceOf(Promise);
  await turns(2);
  expect(slices.take()).toBeUndefined();
});

it("lets the others go on for a millisecond in each turn", async () => {
  const { work, turns, done } = setUp();
  await work(10, 0.4);
  expect(done()).toBe(1);
  expect(await turns(4)).toEqual([4, 7, 10, 10]);
});

it("lets a piece go on in every turn, however long each takes", async () => {
  const { work, turns } = setUp();
  await work(3, 50);
  expect(await turns(2)).toEqual([2, 3]);
});

it("takes as long as the loop was away for others since the last slice, up to 4 ms", async () => {
  const { work, turns, clock } = setUp();
  await work(40, 1);
  expect(await turns(1)).toEqual([2]);
  clock.advance(3.5);
  expect(await turns(1)).toEqual([6]);
  clock.advance(500);
  expect(await turns(1)).toEqual([10]);
});

it("begins with a short slice again once nobody has waited", async () => {
  const { work, turns, clock } = setUp();
  await work(3, 1);
  expect(await turns(3)).toEqual([2, 3, 3]);
  clock.advance(500);
  await work(10, 1);
  expect(await turns(1)).toEqual([5]);
});

it("keeps the order in which they came, and asks for no turn when nobody waits", async () => {
  const { slices, turns, asked } = setUp();
  const order: number[] = [];
  for (const n of [0, 1, 2, 3]) void Promise.resolve(slices.take()).then(() => order.push(n));
  await turns(3);
  expect(order).toEqual([0, 1, 2, 3]);
  expect(asked()).toBe(0);
});

it("lets nobody wait where there are no turns to ask for", () => {
  const slices = new TimeSlices({ nextTurn: undefined, monotonic: () => 0 });
  expect([slices.take(), slices.take()]).toEqual([undefined, undefined]);
});
