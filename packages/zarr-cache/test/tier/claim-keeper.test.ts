import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { deferred, fakeClock } from "../../src/testing/index.ts";
import { ClaimKeeper } from "../../src/tier/claim-keeper.ts";

const LOCK_AGE = 5_000;
const claim = (token: string) => ({ token, part: { storeId: "s", key: `/${token}` }, claimedAt: 0 });

type Answer = readonly string[] | Promise<readonly string[]>;

/** A keeper over an index that only notes what it is asked to renew, and when; `answers` says what comes of it. */
function keeperOf(answers: (call: number) => Answer, lockAge = LOCK_AGE) {
  const clock = fakeClock(0);
  const calls: { readonly at: number; readonly tokens: readonly string[] }[] = [];
  const renew = (claims: readonly { readonly token: string }[]) => {
    calls.push({ at: clock.now(), tokens: claims.map(({ token }) => token) });
    return answers(calls.length);
  };
  const keeper = new ClaimKeeper({ renew, lockAge }, clock.timers);
  const lost: string[] = [];
  const hold = (token: string) => keeper.hold({ claim: claim(token), lost: () => lost.push(token) });
  /** Lets the time pass in small steps, each with a turn in which promises settle. */
  const pass = async (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed += 10) {
      clock.advance(10);
      await setImmediate();
    }
  };
  return { keeper, clock, calls, lost, hold, pass };
}

it("renews every third of the age at which a claim is dead, all that are held in one call, and then no more", async () => {
  const { keeper, clock, calls, hold, pass } = keeperOf(() => []);
  hold("a");
  await pass(1_000);
  hold("b");
  await pass(4_010);
  expect(calls.map(({ tokens }) => tokens)).toEqual([
    ["a", "b"],
    ["a", "b"],
    ["a", "b"],
  ]);
  keeper.drop(claim("a"));
  keeper.drop(claim("b"));
  expect(clock.pending).toBe(0);
});

it("tells the holder of a claim that no longer holds, and no other", async () => {
  const { lost, hold, pass } = keeperOf(() => ["b"]);
  for (const token of ["a", "b"]) hold(token);
  await pass(1_700);
  expect(lost).toEqual(["b"]);
});

it("tries a renewal that failed again soon, many times before the claim is dead, and then less and less often", async () => {
  const { calls, hold, pass } = keeperOf(() => Promise.reject(new Error("starved")));
  hold("a");
  await pass(LOCK_AGE);
  expect(calls.length).toBeGreaterThanOrEqual(6);
  await pass(10 * LOCK_AGE);
  const gaps = calls.slice(1).map(({ at }, i) => at - (calls[i]?.at ?? 0));
  expect(gaps[0]).toBeLessThanOrEqual(100);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(LOCK_AGE / 3 + 10);
  expect(gaps.at(-1)).toBeGreaterThanOrEqual(LOCK_AGE / 3 - 10);
});

it("goes back to every third once a renewal succeeds", async () => {
  const { calls, hold, pass } = keeperOf((call) => (call === 1 ? Promise.reject(new Error("away")) : []));
  hold("a");
  await pass(LOCK_AGE);
  const [first, second, third] = calls.map(({ at }) => at);
  expect((second ?? 0) - (first ?? 0)).toBeLessThanOrEqual(100);
  expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(LOCK_AGE / 3 - 10);
});

it("does not wait for ever for a renewal that is never answered", async () => {
  const { calls, hold, pass } = keeperOf((call) => (call === 1 ? deferred<readonly string[]>().promise : []));
  hold("a");
  await pass(LOCK_AGE);
  expect(calls.length).toBeGreaterThanOrEqual(2);
  expect(calls[1]?.at).toBeLessThan(LOCK_AGE);
});

it("renews a claim that was taken while a renewal was under way, in time", async () => {
  const first = deferred<readonly string[]>();
  const { calls, hold, pass } = keeperOf((call) => (call === 1 ? first.promise : []));
  hold("a");
  await pass(1_700);
  hold("b");
  const heldAt = 1_700;
  await pass(500);
  first.reject(new Error("lost"));
  await pass(100);
  const renewed = calls.find(({ tokens }) => tokens.includes("b"));
  expect(renewed?.at).toBeLessThan(heldAt + LOCK_AGE / 3);
});

it("does not begin in a hurry with claims that were taken after the others were given up", async () => {
  const { keeper, calls, hold, pass } = keeperOf((call) =>
    call === 1 ? Promise.reject(new Error("away")) : [],
  );
  hold("a");
  await pass(1_670);
  expect(calls).toHaveLength(1);
  keeper.drop(claim("a"));
  hold("b");
  await pass(1_000);
  expect(calls).toHaveLength(1);
});

it("renews nothing in an index whose claims never die", async () => {
  const { clock, hold } = keeperOf(() => [], Number.POSITIVE_INFINITY);
  hold("a");
  expect(clock.pending).toBe(0);
});
