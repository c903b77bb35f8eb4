import type { ClaimAnswer } from "../../store-index.ts";
import { check, equal, inState, rejects } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import { ANY_AGE, facts, fill, range, reservation, take, whole } from "./steps.ts";

const NEVER = new AbortController().signal;

/** One live claim per part; those who come second wait for the one who came first. */
export function claimTests(test: IndexTestDeclaration): void {
  test("one live claim per part: the second caller waits for the first", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    const second = inState(await index.claim(whole("/a"), ANY_AGE), "wait", "a second claim");
    equal(second.token, claim.token, "the token that the second waits for");
  });

  test("one live claim per part, of 32 that come at once", async ({ index }) => {
    const answers = await Promise.all(
      Array.from({ length: 32 }, async (): Promise<ClaimAnswer> => index.claim(whole("/a"), ANY_AGE)),
    );
    equal(answers.filter(({ state }) => state === "fill").length, 1, "claims that may fill");
    equal(answers.filter(({ state }) => state === "wait").length, 31, "claims that wait");
  });

  test("a claim says what it is for and when it was taken, and counts as live", async ({ index }) => {
    const { epoch } = await index.open();
    equal(epoch.length, 16, "characters of an epoch");
    const claim = await take(index, range("/a", 8, 16));
    equal(claim.part, range("/a", 8, 16), "the part of the claim");
    equal(claim.claimedAt, index.now(), "the time of the claim");
    check(claim.token.startsWith(epoch), "a token begins with the epoch");
    check(/^[0-9a-z]{17,64}$/.test(claim.token), `a token is safe as a file name: ${claim.token}`);
    equal((await index.usage()).claims, 1, "live claims");
    await index.release(claim);
    equal((await index.usage()).claims, 0, "live claims after release");
  });

  test("tokens do not come twice", async ({ index }) => {
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const claim = await take(index, whole("/a"));
      seen.add(claim.token);
      await index.release(claim);
    }
    equal(seen.size, 50, "distinct tokens");
  });

  test("parts are claimed apart: the whole, each range, each key, each store", async ({ index }) => {
    const parts = [
      whole("/a"),
      range("/a", 0, 8),
      range("/a", 0, 9),
      { storeId: "s", key: "/a", range: { suffixLength: 8 } },
      whole("/b"),
      whole("/a", "t"),
    ];
    for (const part of parts) await take(index, part);
    equal((await index.usage()).claims, parts.length, "live claims");
  });

  test("a fresh entry is a hit", async ({ index }) => {
    const token = await fill(index, whole("/a"), { checksum: 99, validator: '"v1"', cost: 12 });
    const { entry } = inState(await index.claim(whole("/a"), ANY_AGE), "hit", "claim of a cached part");
    equal(entry.token, token, "token");
    equal([entry.whole, entry.missing], [false, false], "stands in for a range, and missing");
    equal([entry.checksum, entry.validator, entry.cost], [99, '"v1"', 12], "facts");
    equal((await index.usage()).claims, 0, "live claims after a hit");
  });

  test("a claim ends with commit, and with release", async ({ index }) => {
    await fill(index, whole("/a"));
    equal((await index.usage()).claims, 0, "live claims after commit");
    await index.release(await take(index, whole("/b")));
    await take(index, whole("/b"));
  });

  test("release of a claim that is over changes nothing", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    await index.release(claim);
    await index.release(claim);
    const next = await take(index, whole("/a"));
    await index.release(claim);
    inState(await index.claim(whole("/a"), ANY_AGE), "wait", "a claim while the next one lives");
    await index.reserve(next, reservation());
    check(await index.commit(next, facts()), "the next claim commits");
    await index.release(next);
    check((await index.peek(whole("/a")))?.token === next.token, "release after commit leaves the entry");
  });

  test("a pass mark ends after its time", async ({ index, clock }) => {
    await index.release(await take(index, whole("/a")), { passFor: 1000 });
    equal((await index.claim(whole("/a"), ANY_AGE)).state, "pass", "a claim at once");
    clock.advance(999);
    equal((await index.claim(whole("/a"), ANY_AGE)).state, "pass", "a claim 1 ms before the end");
    await take(index, range("/a", 0, 1));
    await take(index, whole("/b"));
    clock.advance(2);
    await take(index, whole("/a"));
  });

  test("release without a pass mark lets the next one claim at once", async ({ index }) => {
    await index.release(await take(index, whole("/a")), { failure: { name: "Error", message: "no" } });
    await take(index, whole("/a"));
  });

  test("settled resolves on commit", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    let over = false;
    const settled = index.settled(whole("/a"), claim.token, NEVER).then((settlement) => {
      over = true;
      return settlement;
    });
    await index.reserve(claim, reservation());
    check(!over, "a waiter waits while the claim lives");
    await index.commit(claim, facts());
    equal((await settled).failure, undefined, "the failure that waiters learn");
  });

  test("settled resolves on release, with the failure", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    const waiters = [1, 2, 3].map(async () => index.settled(whole("/a"), claim.token, NEVER));
    const failure = { name: "HttpError", message: "503" };
    await index.release(claim, { failure });
    for (const waiter of waiters) equal((await waiter).failure, failure, "the failure that waiters learn");
  });

  test("settled resolves on revocation", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    const settled = index.settled(whole("/a"), claim.token, NEVER);
    await index.invalidate("s", "/a");
    equal((await settled).failure, undefined, "the failure that waiters learn");
  });

  test("settled resolves at once for a claim that is over", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    await index.release(claim);
    await index.settled(whole("/a"), claim.token, NEVER);
    const next = await take(index, whole("/a"));
    await index.settled(whole("/a"), claim.token, NEVER);
    await index.release(next);
  });

  test("settled rejects when aborted, before and while it waits", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    const controller = new AbortController();
    const reason = new Error("left");
    const aborted = rejects(
      () => index.settled(whole("/a"), claim.token, controller.signal),
      "settled, aborted while it waits",
    );
    const other = index.settled(whole("/a"), claim.token, NEVER);
    controller.abort(reason);
    equal(await aborted, reason, "the reason of the rejection");
    await rejects(
      () => index.settled(whole("/a"), claim.token, controller.signal),
      "settled, aborted before it began",
    );
    await index.release(claim);
    equal((await other).failure, undefined, "the other waiter is told");
  });

  test("renew keeps what lives and tells what does not", async ({ index }) => {
    const [a, b, c] = [
      await take(index, whole("/a")),
      await take(index, whole("/b")),
      await take(index, whole("/c")),
    ];
    equal([...(await index.renew([a, b, c]))], [], "lost tokens while all live");
    await index.release(a);
    await index.invalidate("s", "/b");
    equal([...(await index.renew([a, b, c]))].sort(), [a.token, b.token].sort(), "lost tokens");
    const intent = await index.openWrite("s", "/w");
    equal([...(await index.renew([intent]))], [], "lost tokens of an open write");
    await index.closeWrite(intent, false);
    equal([...(await index.renew([intent]))], [intent.token], "lost tokens of a closed write");
  });

  test("nobody waits for a claim that lets pass, and it commits all the same", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    await index.reserve(claim, reservation());
    inState(await index.claim(whole("/a"), ANY_AGE), "wait", "claim before");
    const waiting = index.settled(whole("/a"), claim.token, new AbortController().signal);
    if (index.letPass === undefined) return;
    await index.letPass(claim);
    equal((await waiting).failure, undefined, "how a wait ends");
    inState(await index.claim(whole("/a"), ANY_AGE), "pass", "claim while it lets pass");
    const late = await index.settled(whole("/a"), claim.token, new AbortController().signal);
    equal(late.failure, undefined, "a wait that begins late");
    equal([...(await index.renew([claim]))], [], "lost claims");
    inState(await index.claim(whole("/a"), ANY_AGE), "pass", "claim after it was renewed");
    check(await index.commit(claim, facts()), "commit holds");
    inState(await index.claim(whole("/a"), ANY_AGE), "hit", "claim after the commit");
  });
}
