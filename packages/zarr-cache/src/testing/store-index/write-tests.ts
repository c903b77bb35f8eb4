import { check, equal, inState, present } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import { ANY_AGE, drain, facts, fill, isVisible, range, reservation, take, whole } from "./steps.ts";

/** Between openWrite and closeWrite nothing becomes visible on the key. */
export function writeTests(test: IndexTestDeclaration): void {
  test("openWrite removes all parts of the key and nothing beside or below it", async ({ index }) => {
    const gone = [whole("/a"), range("/a", 0, 8)];
    const left = [whole("/a/b"), whole("/ab"), whole("/a", "t")];
    for (const part of [...gone, ...left].reverse()) await fill(index, part, { size: 8 });
    await index.openWrite("s", "/a");
    for (const part of gone) check(!(await isVisible(index, part)), "a part of the key is gone");
    for (const part of left) check(await isVisible(index, part), `${part.storeId} ${part.key} stays`);
  });

  test("openWrite takes away live claims on the key", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    const part = await take(index, range("/a", 0, 8));
    await index.reserve(claim, reservation());
    const settled = index.settled(whole("/a"), claim.token, new AbortController().signal);
    const intent = await index.openWrite("s", "/a");
    await settled;
    check(!(await index.commit(claim, facts())), "commit of a reserved claim is false");
    equal(await index.reserve(part, reservation()), "lost", "reserve of a claim on a range");
    await index.closeWrite(intent, false);
    check(!(await index.commit(claim, facts())), "commit after the write is false");
    await index.release(claim);
    await drain(index);
    equal((await index.usage()).bytes, 0, "bytes");
  });

  test("nothing commits on the key while a write is open", async ({ index }) => {
    const intent = await index.openWrite("s", "/a");
    for (const part of [whole("/a"), range("/a", 0, 8)]) {
      const answer = await index.claim(part, ANY_AGE);
      check(
        answer.state !== "hit" && answer.state !== "wait",
        `a claim is a pass or a fill: ${answer.state}`,
      );
      if (answer.state !== "fill") continue;
      await index.reserve(answer.claim, reservation());
      check(!(await index.commit(answer.claim, facts())), "commit is false while the write is open");
      await index.release(answer.claim);
    }
    const beside = await fill(index, whole("/a/b"));
    await index.closeWrite(intent, false);
    equal((await index.peek(whole("/a/b")))?.token, beside, "a key below fills meanwhile");
    await fill(index, whole("/a"));
  });

  test("closeWrite takes away claims that were taken since", async ({ index }) => {
    const intent = await index.openWrite("s", "/a");
    const answer = await index.claim(whole("/a"), ANY_AGE);
    if (answer.state === "fill") await index.reserve(answer.claim, reservation());
    await index.closeWrite(intent, false);
    if (answer.state === "fill") {
      check(!(await index.commit(answer.claim, facts())), "commit of a claim from during the write is false");
      await index.release(answer.claim);
    }
    check(!(await isVisible(index, whole("/a"))), "nothing is visible after the write");
  });

  test("closeWrite gives a claim for the written bytes where a copy existed", async ({ index }) => {
    await fill(index, whole("/a"));
    const intent = await index.openWrite("s", "/a");
    const claim = present(await index.closeWrite(intent, true), "the claim for the written bytes");
    equal([claim.part.storeId, claim.part.key, claim.part.range], ["s", "/a", undefined], "its part");
    const wait = inState(await index.claim(whole("/a"), ANY_AGE), "wait", "a claim by a reader");
    equal(wait.token, claim.token, "the token that the reader waits for");
    equal(await index.reserve(claim, reservation()), "reserved", "reserve");
    check(await index.commit(claim, facts()), "commit of the written bytes holds");
    equal((await index.peek(whole("/a")))?.token, claim.token, "the token of the entry");
  });

  test("closeWrite keeps nothing where no whole was cached", async ({ index }) => {
    equal(await index.closeWrite(await index.openWrite("s", "/a"), true), undefined, "no copy at all");
    await fill(index, range("/b", 0, 8));
    equal(await index.closeWrite(await index.openWrite("s", "/b"), true), undefined, "a copy of a range");
    await fill(index, whole("/c", "t"));
    equal(await index.closeWrite(await index.openWrite("s", "/c"), true), undefined, "a copy elsewhere");
  });

  test("closeWrite keeps nothing when it is not asked to", async ({ index }) => {
    await fill(index, whole("/a"));
    equal(await index.closeWrite(await index.openWrite("s", "/a"), false), undefined, "closeWrite");
    await take(index, whole("/a"));
  });

  test("writes that overlap keep nothing, in whatever order they close", async ({ index }) => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      await fill(index, whole("/a"));
      const intents = [await index.openWrite("s", "/a"), await index.openWrite("s", "/a")] as const;
      equal(await index.closeWrite(intents[order[0]], true), undefined, "the first that closes");
      const between = await index.claim(whole("/a"), ANY_AGE);
      if (between.state === "fill") {
        await index.reserve(between.claim, reservation());
        check(!(await index.commit(between.claim, facts())), "commit is false while one write is open");
        await index.release(between.claim);
      }
      equal(await index.closeWrite(intents[order[1]], true), undefined, "the second that closes");
      check(!(await isVisible(index, whole("/a"))), "nothing is visible after both");
    }
    await fill(index, whole("/a"));
  });

  test("a write that was invalidated keeps nothing of what came before", async ({ index }) => {
    await fill(index, whole("/a"));
    const intent = await index.openWrite("s", "/a");
    await index.invalidate("s", "/");
    const claim = await index.closeWrite(intent, true);
    if (claim !== undefined) await index.release(claim);
    check(!(await isVisible(index, whole("/a"))), "nothing is visible");
    await fill(index, whole("/a"));
  });

  test("the claim of a write is revoked by the next write", async ({ index }) => {
    await fill(index, whole("/a"));
    const claim = present(await index.closeWrite(await index.openWrite("s", "/a"), true), "the first claim");
    await index.reserve(claim, reservation());
    const next = await index.openWrite("s", "/a");
    check(!(await index.commit(claim, facts())), "commit of the first write is false");
    await index.closeWrite(next, false);
    check(!(await isVisible(index, whole("/a"))), "nothing is visible");
    await index.release(claim);
    await drain(index);
    equal((await index.usage()).bytes, 0, "bytes");
  });

  test("closing a write again answers nothing and takes nothing away", async ({ index }) => {
    const intent = await index.openWrite("s", "/a");
    await index.closeWrite(intent, true);
    const token = await fill(index, whole("/a"));
    equal(await index.closeWrite(intent, true), undefined, "closeWrite again");
    equal((await index.peek(whole("/a")))?.token, token, "the entry made since stays");
  });
}
