import { check, equal, inState, present } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import { facts, fill, isVisible, range, reservation, take, whole } from "./steps.ts";

const SECOND = { present: 1000, missing: 500 };

/** Entries store facts; the reader says how old an answer may be. */
export function freshnessTests(test: IndexTestDeclaration): void {
  test("an age of exactly the bound is fresh, 1 ms more is stale", async ({ index, clock }) => {
    await fill(index, whole("/a"));
    clock.advance(1000);
    inState(await index.claim(whole("/a"), SECOND), "hit", "claim at the bound");
    clock.advance(1);
    inState(await index.claim(whole("/a"), SECOND), "fill", "claim 1 ms later");
  });

  test("an entry made in this very millisecond is fresh within 0", async ({ index, clock }) => {
    await fill(index, whole("/a"));
    inState(await index.claim(whole("/a"), { present: 0, missing: 0 }), "hit", "claim at once");
    clock.advance(1);
    inState(await index.claim(whole("/a"), { present: 0, missing: 0 }), "fill", "claim 1 ms later");
  });

  test("a missing key has a bound of its own", async ({ index, clock }) => {
    await fill(index, whole("/a"), { missing: true, size: 0, footprint: 0 });
    await fill(index, whole("/b"));
    clock.advance(500);
    inState(await index.claim(whole("/a"), SECOND), "hit", "claim of the missing key at its bound");
    clock.advance(1);
    inState(await index.claim(whole("/a"), SECOND), "fill", "claim of the missing key 1 ms later");
    inState(await index.claim(whole("/b"), SECOND), "hit", "claim of the present key");
  });

  test("an age below zero is stale: the clock went back", async ({ index, clock }) => {
    await fill(index, whole("/a"));
    clock.set(clock.now() - 1);
    const forever = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };
    inState(await index.claim(whole("/a"), SECOND), "fill", "claim 1 ms before the entry was fetched");
    inState(await index.claim(whole("/a"), forever), "wait", "the same within any age");
  });

  test("expiresAt ends an entry whatever its age", async ({ index, clock }) => {
    await fill(index, whole("/a"), { expiresAt: clock.now() + 100 });
    clock.advance(99);
    inState(await index.claim(whole("/a"), SECOND), "hit", "claim before the end");
    clock.advance(2);
    inState(await index.claim(whole("/a"), SECOND), "fill", "claim after the end");
  });

  test("age counts from the claim, not from the commit", async ({ index, clock }) => {
    const claim = await take(index, whole("/a"));
    clock.advance(600);
    await index.reserve(claim, reservation());
    clock.advance(200);
    await index.commit(claim, facts());
    equal((await index.peek(whole("/a")))?.fetchedAt, claim.claimedAt, "when the request was sent");
    clock.advance(200);
    inState(await index.claim(whole("/a"), SECOND), "hit", "claim 1000 ms after the first");
    clock.advance(1);
    inState(await index.claim(whole("/a"), SECOND), "fill", "claim 1001 ms after the first");
  });

  test("bytes from another tier keep the age that they had", async ({ index, clock }) => {
    const at = clock.now();
    await fill(index, whole("/a"), { age: 400 });
    equal((await index.peek(whole("/a")))?.fetchedAt, at - 400, "when the request was sent");
    clock.advance(600);
    inState(await index.claim(whole("/a"), SECOND), "hit", "claim at the bound");
    clock.advance(1);
    inState(await index.claim(whole("/a"), SECOND), "fill", "claim 1 ms later");
  });

  test("lookup and peek answer entries of any age", async ({ index, clock }) => {
    await fill(index, whole("/a"), { expiresAt: clock.now() + 10 });
    clock.advance(1e9);
    check((await index.lookup(whole("/a"))) !== undefined, "lookup of an old entry");
    check(await isVisible(index, whole("/a")), "peek of an old entry");
  });

  test("a stale whole does not make a range of it a hit", async ({ index, clock }) => {
    await fill(index, whole("/a"));
    clock.advance(1001);
    inState(await index.claim(range("/a", 0, 8), SECOND), "fill", "claim of a range of a stale whole");
  });

  test("a refill makes an entry fresh again", async ({ index, clock }) => {
    await fill(index, whole("/a"));
    clock.advance(5000);
    await fill(index, whole("/a"), {}, SECOND);
    clock.advance(1000);
    inState(await index.claim(whole("/a"), SECOND), "hit", "claim 1000 ms after the refill");
  });

  test("what is confirmed under a claim counts its age from the claim on", async ({ index, clock }) => {
    const token = await fill(index, whole("/a"), { validator: '"1"' });
    clock.advance(5000);
    const claim = await take(index, whole("/a"), SECOND);
    clock.advance(600);
    const expiresAt = clock.now() + 10_000;
    for (const time of ["once", "again"])
      check(await index.confirm(claim, { token, whole: false }, { age: 100, expiresAt }), `confirm ${time}`);
    inState(await index.claim(whole("/a"), SECOND), "hit", "claim while the confirming one lives");
    await index.release(claim);
    const entry = await index.peek(whole("/a"));
    equal(entry?.fetchedAt, claim.claimedAt - 100, "when the request was sent");
    equal(entry?.expiresAt, expiresAt, "when it ends");
    equal(entry?.token, token, "the name of the bytes");
    clock.advance(300);
    inState(await index.claim(whole("/a"), SECOND), "hit", "claim at the bound");
    clock.advance(1);
    inState(await index.claim(whole("/a"), SECOND), "fill", "claim 1 ms later");
  });

  test("how long past its age an entry may be given is kept, and is another once that is confirmed", async ({
    index,
  }) => {
    const graces = [
      { whileRevalidate: 30_000, ifError: 3_600_000 },
      { ifError: 0 },
      { whileRevalidate: 5000 },
      undefined,
      { whileRevalidate: 0, ifError: 0 },
    ];
    for (const [i, grace] of graces.entries())
      await fill(index, whole(`/k/${i}`), { grace, validator: i % 2 === 0 ? '"1"' : undefined });
    for (const [i, grace] of graces.entries()) {
      const entry = present(await index.lookup(whole(`/k/${i}`)), `entry ${i}`);
      equal(entry.grace, grace, `grace ${i}`);
      const next = graces[(i + 3) % graces.length];
      const claim = await take(index, whole(`/k/${i}`), { present: -1, missing: -1 });
      const renewed = { age: 0, expiresAt: Number.POSITIVE_INFINITY, grace: next };
      check(await index.confirm(claim, entry, renewed), `confirm ${i}`);
      await index.release(claim);
      const again = present(await index.peek(whole(`/k/${i}`)), `entry ${i}, confirmed`);
      equal(again.grace, next, `confirmed grace ${i}`);
      equal(
        [again.validator, again.token, again.size],
        [entry.validator, entry.token, entry.size],
        "the rest",
      );
    }
  });

  test("a whole is confirmed under the claim of a range that it answers", async ({ index, clock }) => {
    const token = await fill(index, whole("/a"));
    clock.advance(5000);
    const claim = await take(index, range("/a", 0, 8), SECOND);
    const facts = { age: 0, expiresAt: Number.POSITIVE_INFINITY };
    check(await index.confirm(claim, { token, whole: true }, facts), "confirm");
    await index.release(claim);
    inState(await index.claim(whole("/a"), SECOND), "hit", "claim of the whole");
  });

  test("nothing is confirmed without a claim that holds, or under another token", async ({
    index,
    clock,
  }) => {
    const old = await fill(index, whole("/a"));
    clock.advance(5000);
    const facts = { age: 0, expiresAt: Number.POSITIVE_INFINITY };
    const claim = await take(index, whole("/a"), SECOND);
    const other = await take(index, whole("/b"));
    equal(
      await index.confirm(claim, { token: other.token, whole: false }, facts),
      false,
      "with another token",
    );
    await index.release(other);
    await index.release(claim);
    equal(await index.confirm(claim, { token: old, whole: false }, facts), false, "with a released claim");
    inState(await index.claim(whole("/a"), SECOND), "fill", "claim of what was not confirmed");
    await index.invalidate("s", "/a");
    const token = await fill(index, whole("/a"));
    clock.advance(5000);
    const revoked = await take(index, whole("/a"), SECOND);
    await index.invalidate("s", "/a");
    equal(await index.confirm(revoked, { token, whole: false }, facts), false, "with a revoked claim");
    await index.release(revoked);
    check(!(await isVisible(index, whole("/a"))), "what was invalidated stays away");
  });
}
