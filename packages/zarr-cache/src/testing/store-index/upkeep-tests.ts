import { check, equal, rejects } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import { ANY_AGE, drain, fill, range, reservation, take, whole } from "./steps.ts";

/** What a storage needs to keep bytes and index in step. */
export function upkeepTests(test: IndexTestDeclaration): void {
  test("open is idempotent, and markClean is remembered", async ({ index }) => {
    const first = await index.open();
    const second = await index.open();
    equal(second, first, "the state");
    equal(first.clean, true, "clean after markClean");
  });

  test("now is the clock that it was given", async ({ index, clock }) => {
    clock.advance(12_345);
    equal(index.now(), clock.now(), "now");
  });

  test("known tells the names that are charged: entries, reservations, condemned", async ({ index }) => {
    const part = await fill(index, range("/d", 0, 8));
    const entry = await fill(index, whole("/a"));
    const reserved = await take(index, whole("/b"));
    await index.reserve(reserved, reservation());
    const gone = await fill(index, whole("/c"));
    await index.condemn(whole("/c"), gone);
    const { epoch } = await index.open();
    const tokens = [entry, part, reserved.token, gone, `${epoch}${"0".repeat(24)}`];
    const names = tokens.map((token) => ({ storeId: "s", token }));
    equal([...(await index.known(names))], [true, true, true, true, false], "known");
    await drain(index);
    equal([...(await index.known(names))], [true, true, true, false, false], "known after free");
    equal([...(await index.known([]))], [], "known of nothing");
  });

  test(
    "condemned lists some of the names, the oldest first",
    async ({ index }) => {
      const tokens: string[] = [];
      for (const key of ["/a", "/b", "/c"]) tokens.push(await fill(index, whole(key)));
      for (const [i, key] of ["/a", "/b", "/c"].entries()) await index.condemn(whole(key), tokens[i] ?? "");
      const listed = async (limit: number) => (await index.condemned(limit)).map(({ token }) => token);
      equal(await listed(2), tokens.slice(0, 2), "two of three");
      equal(await listed(2), tokens.slice(0, 2), "the same two, until they are freed");
      await index.free([tokens[0] ?? ""]);
      equal(await listed(10), tokens.slice(1), "the rest");
    },
    { oneBudget: true },
  );

  test("sweep comes to an end and leaves what lives", async ({ index }) => {
    const entry = await fill(index, whole("/a"));
    const claim = await take(index, whole("/b"));
    await index.reserve(claim, reservation());
    equal(await drain(index), [], "names that a sweep frees");
    equal((await index.peek(whole("/a")))?.token, entry, "the entry");
    equal([...(await index.renew([claim]))], [], "lost claims");
  });

  test("recordAccess of what is not there is no error", async ({ index }) => {
    index.recordAccess(whole("/a"), "nobody", 5);
    const token = await fill(index, whole("/a"));
    index.recordAccess(whole("/a"), "nobody", 5);
    equal((await index.peek(whole("/a")))?.token, token, "the entry");
  });

  test("verify with repair finds nothing wrong where nothing is", async ({ index }) => {
    await fill(index, whole("/a"));
    const before = await index.usage();
    equal([...(await index.verify({ repair: true }))], [], "what verify finds");
    equal(await index.usage(), before, "usage");
    check((await index.peek(whole("/a"))) !== undefined, "the entry stays");
  });

  test(
    "what was closed says so, whatever it is asked, and may be closed again",
    async ({ index }) => {
      const token = await fill(index, whole("/a"));
      await index.close();
      await index.close();
      const calls: Readonly<Record<string, () => unknown>> = {
        open: () => index.open(),
        bind: () => index.bind("s", "https://a"),
        lookup: () => index.lookup(whole("/a")),
        peek: () => index.peek(whole("/a")),
        claim: () => index.claim(whole("/b"), ANY_AGE),
        makeRoom: () => index.makeRoom(),
        invalidate: () => index.invalidate("s", "/"),
        openWrite: () => index.openWrite("s", "/a"),
        entries: () => index.entries({}),
        usage: () => index.usage(),
        sweep: () => index.sweep(),
        verify: () => index.verify({ repair: true }),
      };
      for (const [name, call] of Object.entries(calls))
        await rejects(async () => call(), name, "ClosedError");
      index.recordAccess(whole("/a"), token, 5);
    },
    { closed: true },
  );
}
