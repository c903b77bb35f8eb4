import { check, equal, inState } from "../check.ts";
import {
  CHUNK,
  chunk,
  hitOf,
  holds,
  lacks,
  range,
  type StorageTestDeclaration,
  takeFill,
  whole,
} from "./fixture.ts";

/** claim → commit, fail or pass, and what those who wait learn of it. */
export function fillTests(test: StorageTestDeclaration): void {
  test("nothing is cached at first", async ({ storage }) => {
    await lacks(storage, whole("/a"), "in an empty storage");
    const { entries, bytes } = await storage.usage();
    equal([entries, bytes], [0, 0], "entries and bytes");
  });

  test("what is committed is answered, with its facts", async ({ storage, clock }) => {
    const value = chunk(1);
    const fill = await takeFill(storage, whole("/a"));
    equal(fill.signal.aborted, false, "the signal of a fill that holds");
    const expiresAt = storage.now() + 60_000;
    const kept = await fill.commit(value.slice(), { cost: 40, age: 100, expiresAt, validator: '"v"' });
    equal(kept, true, "commit");
    await storage.idle();
    clock.advance(1000);
    const hit = await hitOf(storage, whole("/a"));
    equal(hit.value, value, "bytes");
    equal([hit.age, hit.expiresAt, hit.validator], [1100, expiresAt, '"v"'], "age, expiry, validator");
    check(hit.tier !== "", "a hit names its tier");
    equal(await storage.has(whole("/a")), true, "has");
  });

  test("facts that are not given have defaults", async ({ storage }) => {
    await (await takeFill(storage, whole("/a"))).commit(chunk(1));
    await storage.idle();
    const { age, expiresAt, validator } = await hitOf(storage, whole("/a"));
    equal([age, expiresAt, validator], [0, Number.POSITIVE_INFINITY, undefined], "age, expiry, validator");
  });

  test("values of every size come back as they were", async ({ storage }) => {
    for (const size of [0, 1, 4095, 4096, 65_535, 65_536, 65_537, CHUNK]) {
      const part = whole(`/${size}`);
      check(await storage.put(part, chunk(size, size)), `put of ${size} bytes`);
      await storage.idle();
      await holds(storage, part, chunk(size, size));
    }
  });

  test("a missing key is cached as missing", async ({ storage }) => {
    check(await (await takeFill(storage, whole("/a"))).commit(undefined), "commit");
    await storage.idle();
    await holds(storage, whole("/a"), undefined);
    await holds(storage, range("/a", 0, 8), undefined);
    equal(await storage.has(whole("/a")), true, "has");
    inState(await storage.claim(whole("/a")), "hit", "claim");
  });

  test("two claims at once: one fills, one waits and looks again", async ({ storage }) => {
    const claims = await Promise.all([storage.claim(whole("/a")), storage.claim(whole("/a"))]);
    equal(claims.map(({ state }) => state).sort(), ["fill", "wait"], "states");
    const fill = claims.find((claim) => claim.state === "fill");
    const wait = claims.find((claim) => claim.state === "wait");
    const settled = wait?.settled();
    await fill?.commit(chunk(1));
    equal(await settled, { state: "look" }, "what the waiter learns");
    const { hit } = inState(await storage.claim(whole("/a")), "hit", "claim after the wait");
    equal(hit.value, chunk(1), "bytes of the hit");
  });

  test("of 32 claims at once one fills and the others wait", async ({ storage }) => {
    const claims = await Promise.all(Array.from({ length: 32 }, () => storage.claim(whole("/a"))));
    const fills = claims.filter((claim) => claim.state === "fill");
    const waits = claims.filter((claim) => claim.state === "wait");
    equal([fills.length, waits.length], [1, 31], "fills and waits");
    const settled = waits.map((wait) => wait.settled());
    await fills[0]?.commit(undefined);
    for (const outcome of settled) equal(await outcome, { state: "look" }, "what a waiter learns");
  });

  test("a failure is told to those who wait, and the next one may try", async ({ storage }) => {
    const fill = await takeFill(storage, whole("/a"));
    const wait = inState(await storage.claim(whole("/a")), "wait", "a second claim");
    const settled = wait.settled();
    await fill.fail(new TypeError("503 of the source"));
    equal(
      await settled,
      { state: "failed", failure: { name: "TypeError", message: "503 of the source" } },
      "what the waiter learns",
    );
    await lacks(storage, whole("/a"), "after a failure");
    await (await takeFill(storage, whole("/a"))).commit(chunk(1));
  });

  test("a fill that fails with something that is no error still ends", async ({ storage }) => {
    await (await takeFill(storage, whole("/a"))).fail("no");
    await (await takeFill(storage, whole("/a"))).fail(undefined);
    await (await takeFill(storage, whole("/a"))).commit(undefined);
  });

  test("what is passed is not queued for", async ({ storage }) => {
    const fill = await takeFill(storage, whole("/a"));
    const wait = inState(await storage.claim(whole("/a")), "wait", "a second claim");
    const settled = wait.settled();
    await fill.pass("unwanted");
    equal(await settled, { state: "look" }, "what the waiter learns");
    inState(await storage.claim(whole("/a")), "pass", "the next claim");
    await lacks(storage, whole("/a"), "after it was passed");
  });

  test("a pass ends by itself", async ({ storage, clock }) => {
    await (await takeFill(storage, whole("/a"))).pass("unwanted");
    clock.advance(600_000);
    await (await takeFill(storage, whole("/a"))).commit(chunk(1));
  });

  test("a wait ends when its signal aborts, and the fill goes on", async ({ storage }) => {
    const fill = await takeFill(storage, whole("/a"));
    const controller = new AbortController();
    const wait = inState(
      await storage.claim(whole("/a"), { signal: controller.signal }),
      "wait",
      "a second claim",
    );
    const settled = wait.settled().then(
      () => "resolved",
      () => "rejected",
    );
    controller.abort(new Error("left"));
    equal(await settled, "rejected", "the wait that was aborted");
    check(await fill.commit(chunk(1)), "commit of the fill");
  });

  test("claim answers a hit only while it is fresh", async ({ storage, clock }) => {
    await storage.put(whole("/a"), chunk(1));
    await storage.put(whole("/m"), undefined);
    await storage.idle();
    const fresh = { present: 1000, missing: 500 };
    clock.advance(500);
    inState(await storage.claim(whole("/m"), { fresh }), "hit", "claim of the missing key at its bound");
    clock.advance(500);
    inState(await storage.claim(whole("/a"), { fresh }), "hit", "claim at the bound");
    clock.advance(1);
    const missing = inState(await storage.claim(whole("/m"), { fresh }), "fill", "claim past the bound");
    const fill = inState(await storage.claim(whole("/a"), { fresh }), "fill", "claim 1 ms past the bound");
    await holds(storage, whole("/a"), chunk(1));
    check(await fill.commit(chunk(2)), "commit of the refill");
    await missing.fail(new Error("down"));
    await storage.idle();
    await holds(storage, whole("/a"), chunk(2));
    await holds(storage, whole("/m"), undefined);
  });

  test("put keeps, and replaces what was there", async ({ storage }) => {
    check(await storage.put(whole("/a"), chunk(1)), "put");
    await storage.idle();
    await holds(storage, whole("/a"), chunk(1));
    check(await storage.put(whole("/a"), chunk(2, 500)), "put again");
    await storage.idle();
    await holds(storage, whole("/a"), chunk(2, 500));
    equal((await storage.usage()).entries, 1, "entries");
  });

  test("put yields to a fill under way", async ({ storage }) => {
    const fill = await takeFill(storage, whole("/a"));
    equal(await storage.put(whole("/a"), chunk(2)), false, "put");
    check(await fill.commit(chunk(1)), "commit of the fill");
    await storage.idle();
    await holds(storage, whole("/a"), chunk(1));
  });

  test("a fill ends once: what comes after its end does nothing", async ({ storage }) => {
    const fill = await takeFill(storage, whole("/a"));
    await fill.commit(chunk(1));
    await fill.fail(new Error("late"));
    await storage.idle();
    await holds(storage, whole("/a"), chunk(1));
  });
}
