import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { counted } from "../support/bytes.ts";
import { heldSlices } from "../support/held-slices.ts";
import { fakeServer, ok } from "./support/fake-server.ts";

it("begins requests, and reads their answers, each when it is time for it", async () => {
  const held = heldSlices();
  const { source, requests } = fakeServer(() => ok(counted(3)));
  let arrived = 0;
  const reads = ["/c/0", "/c/1", "/c/2"].map(async (key) => {
    const value = await source.get(key as `/${string}`);
    arrived++;
    return value;
  });
  await setImmediate();
  expect([requests.length, held.waiting()]).toEqual([0, 3]);
  const begun = [];
  for (let i = 0; i < 3; i++) {
    await held.next();
    begun.push(requests.length);
  }
  expect(begun).toEqual([1, 2, 3]);
  expect(arrived).toBe(0);
  const taken = [];
  for (let i = 0; i < 3; i++) {
    await held.next();
    taken.push(arrived);
  }
  expect(taken).toEqual([1, 2, 3]);
  expect(await Promise.all(reads)).toEqual([counted(3), counted(3), counted(3)]);
});

it("counts how long an answer may be kept from when it came, and frees the place of a read that was given up meanwhile", async () => {
  const held = heldSlices();
  const expires = "Fri, 01 Jan 2100 00:00:00 GMT";
  const { source, clock, requests } = fakeServer(() => ok(counted(3), { expires }), { concurrency: 1 });
  const leaving = new AbortController();
  const left = source.read("/c/0", { signal: leaving.signal });
  const stays = source.read("/c/1");
  await setImmediate();
  const failed = expect(left).rejects.toThrow("left");
  leaving.abort(new Error("left"));
  await held.next();
  await failed;
  expect(held.waiting()).toBe(1);
  await held.next();
  expect(requests.at(-1)?.url).toMatch(/c\/1$/);
  const freshFor = Date.parse(expires) - clock.now();
  clock.advance(5000);
  await held.next();
  expect(await stays).toMatchObject({ status: "value", freshness: { freshFor } });
});
