import type { Changes, StoreIndex } from "../../store-index.ts";
import { check, equal, inState, present, rejects } from "../check.ts";
import { type IndexTestDeclaration, LOCK_AGE } from "./fixture.ts";
import { ANY_AGE, drain, facts, fill, isVisible, reservation, take, UNIT, whole } from "./steps.ts";

const NEVER = new AbortController().signal;

/** What holds between the clients of an index that several processes share. */
export function sharedTests(test: IndexTestDeclaration): void {
  test("clients see each other's entries", async ({ index, second }) => {
    const other = await second();
    equal((await other.open()).epoch, (await index.open()).epoch, "the epoch");
    const token = await fill(index, whole("/a"), { validator: '"v"' });
    const seen = present(await other.lookup(whole("/a")), "lookup by the other client");
    equal([seen.token, seen.validator], [token, '"v"'], "token and validator");
    const [mine, theirs] = [await index.usage(), await other.usage()];
    equal([theirs.bytes, theirs.entries], [mine.bytes, mine.entries], "bytes and entries");
  });

  test(
    "clients share one budget",
    async ({ index, second }) => {
      const other = await second();
      for (let i = 0; i < 12; i++) await fill(i % 2 ? index : other, whole(`/${i}`));
      const { bytes, maxBytes } = await other.usage();
      check(bytes <= maxBytes && bytes > maxBytes - 2 * UNIT, `${bytes} of ${maxBytes} bytes are charged`);
    },
    { oneBudget: true },
  );

  test("one live claim per part over all clients", async ({ index, second }) => {
    const other = await second();
    const claim = await take(index, whole("/a"));
    const wait = inState(await other.claim(whole("/a"), ANY_AGE), "wait", "claim by the other client");
    equal(wait.token, claim.token, "the token that it waits for");
    const answers = await Promise.all(
      Array.from({ length: 16 }, async (_, i) => (i % 2 ? index : other).claim(whole("/b"), ANY_AGE)),
    );
    equal(answers.filter(({ state }) => state === "fill").length, 1, "claims that may fill");
  });

  test("a waiter in another client learns of commit, failure and revocation", async ({ index, second }) => {
    const other = await second();
    const committed = await take(index, whole("/a"));
    const first = other.settled(whole("/a"), committed.token, NEVER);
    await index.reserve(committed, reservation());
    await index.commit(committed, facts());
    equal((await first).failure, undefined, "after commit");
    const failed = await take(index, whole("/b"));
    const failure = { name: "HttpError", message: "503" };
    const next = other.settled(whole("/b"), failed.token, NEVER);
    await index.release(failed, { failure });
    equal((await next).failure, failure, "after a failure");
    const revoked = await take(index, whole("/c"));
    const last = other.settled(whole("/c"), revoked.token, NEVER);
    await index.invalidate("s", "/c");
    equal((await last).failure, undefined, "after invalidate");
  });

  test("a pass mark holds for every client", async ({ index, second }) => {
    const other = await second();
    await index.release(await take(index, whole("/a")), { passFor: 1000 });
    inState(await other.claim(whole("/a"), ANY_AGE), "pass", "claim by the other client");
  });

  test("invalidation by one client revokes the claims of another", async ({ index, second }) => {
    const other = await second();
    await fill(index, whole("/a/x"));
    const claim = await take(index, whole("/a/y"));
    await index.reserve(claim, reservation());
    await other.invalidate("s", "/a/");
    check(!(await isVisible(index, whole("/a/x"))), "the entry is gone");
    check(!(await index.commit(claim, facts())), "commit is false");
    equal([...(await index.renew([claim]))], [claim.token], "lost claims");
  });

  test("a write by one client blocks the commits of another", async ({ index, second }) => {
    const other = await second();
    await fill(index, whole("/a"));
    const intent = await other.openWrite("s", "/a");
    check(!(await isVisible(index, whole("/a"))), "the entry is gone");
    const answer = await index.claim(whole("/a"), ANY_AGE);
    if (answer.state === "fill") {
      await index.reserve(answer.claim, reservation());
      check(!(await index.commit(answer.claim, facts())), "commit is false while the write is open");
      await index.release(answer.claim);
    }
    const kept = present(await other.closeWrite(intent, true), "the claim for the written bytes");
    inState(await index.claim(whole("/a"), ANY_AGE), "wait", "claim by the other client");
    await other.release(kept);
  });

  test("a claim that is not renewed for lockAge is transferred, and its holder cannot commit", async ({
    index,
    second,
    clock,
  }) => {
    const other = await second();
    const claim = await take(index, whole("/a"));
    equal(await index.reserve(claim, reservation()), "reserved", "reserve");
    clock.advance(LOCK_AGE - 1);
    inState(await other.claim(whole("/a"), ANY_AGE), "wait", "claim before lockAge");
    clock.advance(2);
    const next = await take(other, whole("/a"));
    check(!(await index.commit(claim, facts())), "commit of the old holder is false");
    check(!(await isVisible(index, whole("/a"))), "nothing is visible");
    equal([...(await index.renew([claim]))], [claim.token], "lost claims");
    equal(await other.reserve(next, reservation()), "reserved", "reserve of the new holder");
    check(await other.commit(next, facts()), "commit of the new holder holds");
    await index.release(claim);
    equal((await index.peek(whole("/a")))?.token, next.token, "the entry");
    await drain(index);
    check((await index.usage()).bytes < 2 * UNIT, "the old reservation is not charged for ever");
  });

  test("renew keeps a claim and a write from being transferred", async ({ index, second, clock }) => {
    const other = await second();
    const claim = await take(index, whole("/a"));
    const intent = await index.openWrite("s", "/w");
    for (let i = 0; i < 6; i++) {
      clock.advance(LOCK_AGE / 2);
      equal([...(await index.renew([claim, intent]))], [], "lost tokens");
      await other.sweep();
    }
    inState(await other.claim(whole("/a"), ANY_AGE), "wait", "claim by the other client");
    await index.reserve(claim, reservation());
    check(await index.commit(claim, facts()), "commit holds");
  });

  test("sweep ends claims, reservations and writes of the dead", async ({ index, second, clock }) => {
    const other = await second();
    const claim = await take(index, whole("/a"));
    await index.reserve(claim, reservation());
    await take(index, whole("/b"));
    await index.openWrite("s", "/w");
    clock.advance(100 * LOCK_AGE);
    equal(await drain(other), [claim.token], "names that a sweep frees");
    const usage = await other.usage();
    equal([usage.bytes, usage.claims], [0, 0], "bytes and claims");
    await fill(other, whole("/w"));
    check(!(await index.commit(claim, facts())), "commit of the dead is false");
  });

  test("all are told of a write whose writer died, once, and again if it comes back and dies", async ({
    index,
    second,
    clock,
  }) => {
    const writer = await second();
    const reader = await second();
    const intent = await writer.openWrite("s", "/w");
    let { cursor } = present(await reader.changes?.(undefined), "changes of a shared index");
    for (const death of ["first", "second"]) {
      clock.advance(LOCK_AGE + 1);
      // Nobody is stopped by the dead, but what is read now may be older than what they wrote.
      await fill(reader, whole("/w"), {}, { present: -1, missing: -1 });
      await drain(reader);
      check(
        !(await isVisible(index, whole("/w"))),
        `what came before the ${death} death was noticed is gone`,
      );
      const told = await toldOf(reader, cursor, 1);
      equal(told.paths, [{ storeId: "s", path: "/w" }], `what is told of the ${death} death`);
      await drain(reader);
      await fill(reader, whole("/w"));
      await drain(index);
      check(await isVisible(index, whole("/w")), "it is told once");
      ({ cursor } = told);
      equal([...(await writer.renew([intent]))], [], "lost tokens of the one who comes back");
    }
    await writer.closeWrite(intent, false);
    check(!(await isVisible(index, whole("/w"))), "closing drops what came since");
  });

  test("a store id is bound for every client", async ({ index, second }) => {
    const other = await second();
    await index.bind("s", "https://a");
    await rejects(async () => other.bind("s", "https://b"), "bind by the other", "StoreIdConflictError");
    await other.deleteStore("s");
    await index.bind("s", "https://b");
  });

  test("changes tells what was invalidated since a cursor", async ({ index, second }) => {
    const other = await second();
    const changes = async (since?: number) => {
      check(other.changes !== undefined, "a shared index has changes()");
      return other.changes(since);
    };
    const start = await changes();
    const none = await changes(start.cursor);
    equal([none.lost, none.paths.length], [false, 0], "changes when nothing happened");
    await fill(index, whole("/a"));
    equal((await changes(none.cursor)).paths.length, 0, "changes after a first fill");
    await index.invalidate("s", "/a/");
    const intent = await index.openWrite("s", "/w");
    await index.closeWrite(intent, false);
    await index.deleteStore("t");
    const expected = ["s /a/", "s /w", "t /"];
    const missing = ({ lost, paths }: Changes) => {
      const heard = new Set(paths.map(({ storeId, path }) => `${storeId} ${path}`));
      return lost ? [] : expected.filter((path) => !heard.has(path));
    };
    let told = await changes(none.cursor);
    // Within one machine at once; from another it takes a moment, in which the index answers other questions.
    for (let round = 0; index.scope === "cluster" && round < 1000 && missing(told).length > 0; round++) {
      await other.usage();
      told = await changes(none.cursor);
    }
    equal(missing(told), [], "what is not told");
    const after = await changes(told.cursor);
    equal([after.lost, after.paths.length], [false, 0], "changes when all were told");
  });
}

/** What a client hears of since a cursor, until it is so much: at once on one machine, soon in a cluster. */
async function toldOf(index: StoreIndex, cursor: number, paths: number): Promise<Changes> {
  for (let round = 0; ; round++) {
    const changes = present(await index.changes?.(cursor), "changes of a shared index");
    if (changes.lost || changes.paths.length >= paths || round === 1000) return changes;
    await index.usage();
  }
}
