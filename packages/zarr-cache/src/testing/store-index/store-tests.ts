import { check, equal, rejects } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import { drain, facts, fill, isVisible, reservation, take, whole } from "./steps.ts";

/** Store ids: their sources, their shares, their end. */
export function storeTests(test: IndexTestDeclaration): void {
  test("a store id belongs to the source that it was bound to first", async ({ index }) => {
    await index.bind("s", "https://a");
    await index.bind("s", "https://a");
    await rejects(async () => index.bind("s", "https://b"), "bind to another source", "StoreIdConflictError");
    await index.bind("t", "https://b");
  });

  test("a source without identity is trusted by its id alone", async ({ index }) => {
    await index.bind("s", undefined);
    await index.bind("t", "https://a");
    await index.bind("t", undefined);
    await rejects(async () => index.bind("t", "https://b"), "bind to another source", "StoreIdConflictError");
  });

  test("a conflict changes nothing", async ({ index }) => {
    await index.bind("s", "https://a");
    const token = await fill(index, whole("/a"));
    await rejects(async () => index.bind("s", "https://b"), "bind to another source", "StoreIdConflictError");
    equal((await index.peek(whole("/a")))?.token, token, "the entry stays");
    await index.bind("s", "https://a");
  });

  test("deleteStore forgets entries, claims and the binding of one id", async ({ index }) => {
    await index.bind("s", "https://a");
    await index.bind("t", "https://t");
    for (const key of ["/a", "/b/c"]) await fill(index, whole(key));
    await fill(index, whole("/a", "t"));
    const claim = await take(index, whole("/d"));
    await index.deleteStore("s");
    for (const key of ["/a", "/b/c"]) check(!(await isVisible(index, whole(key))), `${key} is gone`);
    equal(await index.reserve(claim, reservation()), "lost", "reserve of a claim from before");
    check(!(await index.commit(claim, facts())), "commit of a claim from before is false");
    check(await isVisible(index, whole("/a", "t")), "the other store stays");
    await rejects(
      async () => index.bind("t", "https://a"),
      "bind of the other store",
      "StoreIdConflictError",
    );
    await index.bind("s", "https://b");
    await drain(index);
    const usage = await index.usage("s");
    equal([usage.entries, usage.bytes], [0, 0], "entries and bytes of the store");
    await index.deleteStore("never-seen");
  });

  test("usage of a store is its share, of all it is the sum", async ({ index }) => {
    await fill(index, whole("/a"));
    const one = (await index.usage()).bytes;
    await fill(index, whole("/b"));
    const { bytes: two } = await index.usage();
    await fill(index, whole("/a", "t"), { size: 10 });
    const claim = await take(index, whole("/c"));
    await index.reserve(claim, reservation());
    const [all, s, t, none] = [
      await index.usage(),
      await index.usage("s"),
      await index.usage("t"),
      await index.usage("never-seen"),
    ];
    check(one > 0 && two > one, "each entry is charged");
    equal([s.entries, t.entries, all.entries, none.entries], [2, 1, 3, 0], "entries");
    equal([s.claims, t.claims, all.claims, none.claims], [1, 0, 1, 0], "claims");
    equal(s.bytes + t.bytes, all.bytes, "bytes of the stores, of all");
    equal([none.bytes, s.maxBytes, none.maxBytes], [0, all.maxBytes, all.maxBytes], "bytes and budgets");
    await index.release(claim);
    check((await index.usage("s")).condemnedBytes > 0, "condemned bytes of the store");
    equal((await index.usage("t")).condemnedBytes, 0, "condemned bytes of the other");
    await drain(index);
    equal((await index.usage("s")).bytes, two, "bytes of the store after free");
  });
}
