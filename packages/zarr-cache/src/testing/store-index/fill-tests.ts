import type { StoreIndex } from "../../store-index.ts";
import { check, equal, present } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import { ANY_AGE, drain, facts, fill, isVisible, range, reservation, take, UNIT, whole } from "./steps.ts";

/** claim → reserve → commit: each step whole or not at all, and the same answer when it is repeated. */
export function fillTests(test: IndexTestDeclaration): void {
  test("an entry is visible after commit, not before", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    check(!(await isVisible(index, whole("/a"))), "nothing is visible after claim");
    equal(await index.reserve(claim, reservation()), "reserved", "reserve");
    check(!(await isVisible(index, whole("/a"))), "nothing is visible after reserve");
    equal((await index.usage()).entries, 0, "entries after reserve");
    check(await index.commit(claim, facts()), "commit holds");
    equal(present(await index.peek(whole("/a")), "peek").token, claim.token, "the token of the entry");
    equal((await index.usage()).entries, 1, "entries after commit");
  });

  test("an entry keeps the location of its bytes, and what takes its place keeps its own", async ({
    index,
    clock,
  }) => {
    const locationOf = async (key: string) => [
      (await index.lookup(whole(key)))?.location,
      (await index.peek(whole(key)))?.location,
      (await index.entries({})).entries.find((entry) => entry.key === key)?.location,
    ];
    const [longest, validator] = ["a-place_with-the-longest-name-00", '"é-etag"'];
    await fill(index, whole("/a"), { location: "here" });
    await fill(index, whole("/b"), { location: longest, validator });
    await fill(index, whole("/c"), { validator });
    equal(await locationOf("/a"), ["here", "here", "here"], "the location");
    equal(await locationOf("/b"), [longest, longest, longest], "the location beside a validator");
    equal((await index.peek(whole("/b")))?.validator, validator, "the validator beside a location");
    equal(await locationOf("/c"), [undefined, undefined, undefined], "of an entry without");
    equal(
      (await index.peek(whole("/c")))?.validator,
      validator,
      "the validator of an entry without location",
    );
    clock.advance(10);
    await fill(index, whole("/a"), {}, { present: 1, missing: 1 });
    await fill(index, whole("/b"), { location: "there" }, { present: 1, missing: 1 });
    equal(await locationOf("/a"), [undefined, undefined, undefined], "of an entry that was replaced");
    equal(await locationOf("/b"), ["there", "there", "there"], "of an entry that was moved");
  });

  test("reserve is charged once, however often it is repeated", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    await index.reserve(claim, reservation());
    const { bytes } = await index.usage();
    check(bytes >= UNIT, `a reservation of ${UNIT} bytes charges at least that: ${bytes}`);
    equal(await index.reserve(claim, reservation()), "reserved", "reserve again");
    equal((await index.usage()).bytes, bytes, "bytes after reserving again");
  });

  test("commit answers the same when it is repeated, and charges nothing more", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    await index.reserve(claim, reservation());
    const { bytes } = await index.usage();
    check(await index.commit(claim, facts()), "commit");
    check(await index.commit(claim, facts()), "commit again");
    const usage = await index.usage();
    equal([usage.bytes, usage.entries, usage.condemnedBytes], [bytes, 1, 0], "bytes, entries, condemned");
  });

  test("a repeated commit does not bring back what was invalidated", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    await index.reserve(claim, reservation());
    await index.commit(claim, facts());
    await index.invalidate("s", "/a");
    await index.commit(claim, facts());
    check(!(await isVisible(index, whole("/a"))), "the entry stays away");
    await drain(index);
    await index.commit(claim, facts());
    check(!(await isVisible(index, whole("/a"))), "the entry stays away after its bytes are gone");
    equal((await index.usage()).bytes, 0, "bytes");
  });

  test("a repeated commit does not replace a later entry", async ({ index, clock }) => {
    const claim = await take(index, whole("/a"));
    await index.reserve(claim, reservation());
    await index.commit(claim, facts());
    clock.advance(10);
    const later = await fill(index, whole("/a"), {}, { present: 1, missing: 1 });
    await index.commit(claim, facts());
    equal((await index.peek(whole("/a")))?.token, later, "the token of the entry");
  });

  test("a claim that is not reserved does not commit", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    check(!(await index.commit(claim, facts())), "commit is false");
    check(!(await isVisible(index, whole("/a"))), "nothing is visible");
  });

  test("a claim that was released neither reserves nor commits", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    await index.reserve(claim, reservation());
    await index.release(claim);
    check(!(await index.commit(claim, facts())), "commit is false");
    const other = await take(index, whole("/b"));
    await index.release(other);
    equal(await index.reserve(other, reservation()), "lost", "reserve");
  });

  test("a released reservation is condemned, and charged until it is freed", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    await index.reserve(claim, reservation());
    const { bytes } = await index.usage();
    await index.release(claim);
    const usage = await index.usage();
    equal([usage.bytes, usage.condemnedBytes], [bytes, bytes], "bytes and condemned bytes after release");
    equal(await condemnedNames(index), [`s ${claim.token}`], "condemned names");
    await index.free([claim.token]);
    const freed = await index.usage();
    equal([freed.bytes, freed.condemnedBytes], [0, 0], "bytes and condemned bytes after free");
  });

  test("commit replaces a stale entry: the old one is condemned and charged until freed", async ({
    index,
    clock,
  }) => {
    const old = await fill(index, whole("/a"), { size: UNIT });
    const before = (await index.usage()).bytes;
    clock.advance(2000);
    const claim = await take(index, whole("/a"), { present: 1000, missing: 0 });
    equal((await index.peek(whole("/a")))?.token, old, "the old entry stays visible while it is filled anew");
    await index.reserve(claim, reservation({ size: 2 * UNIT }));
    const both = (await index.usage()).bytes;
    check(both >= before + 2 * UNIT, "old and new are charged together");
    check(await index.commit(claim, facts({ size: 2 * UNIT })), "commit holds");
    const entry = present(await index.peek(whole("/a")), "peek");
    equal([entry.token, entry.size], [claim.token, 2 * UNIT], "token and size of the entry");
    equal(await condemnedNames(index), [`s ${old}`], "condemned names");
    const usage = await index.usage();
    equal([usage.bytes, usage.condemnedBytes, usage.entries], [both, before, 1], "bytes before free");
    await index.free([old]);
    equal((await index.usage()).bytes, both - before, "bytes after free");
  });

  test("a stale entry stays when the fill that would replace it fails", async ({ index, clock }) => {
    const old = await fill(index, whole("/a"));
    clock.advance(2000);
    const claim = await take(index, whole("/a"), { present: 1000, missing: 0 });
    await index.release(claim, { failure: { name: "Error", message: "down" } });
    equal((await index.lookup(whole("/a")))?.token, old, "the token of the entry");
  });

  test("the facts of a fill come back", async ({ index }) => {
    const expiresAt = index.now() + 60_000;
    await fill(index, whole("/a"), {
      size: 12_345,
      checksum: 4_294_967_295,
      cost: 1234.5,
      validator: 'W/"é/1"',
      expiresAt,
    });
    const entry = present(await index.lookup(whole("/a")), "lookup");
    equal([entry.size, entry.checksum, entry.cost], [12_345, 4_294_967_295, 1234.5], "size, checksum, cost");
    equal([entry.validator, entry.expiresAt], ['W/"é/1"', expiresAt], "validator and expiry");
    equal([entry.fetchedAt, entry.missing], [index.now(), false], "time of the request and missing");
    await fill(index, whole("/b"));
    const plain = present(await index.lookup(whole("/b")), "lookup");
    equal([plain.validator, plain.expiresAt], [undefined, Number.POSITIVE_INFINITY], "facts left open");
  });

  test("a missing key is an entry, and is charged", async ({ index }) => {
    const token = await fill(index, whole("/a"), { missing: true, size: 0, footprint: 0 });
    const entry = present(await index.lookup(whole("/a")), "lookup");
    equal([entry.token, entry.missing, entry.size], [token, true, 0], "token, missing, size");
    const usage = await index.usage();
    equal(usage.entries, 1, "entries");
    check(usage.bytes > 0, "an entry without bytes has an overhead that is charged");
  });

  test("a whole answers its ranges, a range only itself", async ({ index }) => {
    const part = await fill(index, range("/a", 8, 16));
    equal((await index.lookup(range("/a", 8, 16)))?.whole, false, "whole of a range's own entry");
    equal(await index.lookup(whole("/a")), undefined, "the whole, of which a range is cached");
    equal(await index.lookup(range("/a", 8, 8)), undefined, "a range inside one that is cached");
    equal(
      await index.lookup({ storeId: "s", key: "/a", range: { suffixLength: 16 } }),
      undefined,
      "a suffix",
    );
    const all = await fill(index, whole("/a"));
    const inside = present(await index.lookup(range("/a", 0, 4)), "a range of a cached whole");
    equal([inside.token, inside.whole], [all, true], "token and whole");
    const own = present(await index.lookup(range("/a", 8, 16)), "a range that has its own entry too");
    equal(own.token, own.whole ? all : part, "whole tells which entry answered");
    equal(
      (await index.claim(range("/a", 100, 1), ANY_AGE)).state,
      "hit",
      "claim of a range of a cached whole",
    );
  });

  test("a missing whole answers every range", async ({ index }) => {
    await fill(index, whole("/a"), { missing: true, size: 0, footprint: 0 });
    const entry = present(await index.lookup(range("/a", 8, 16)), "lookup");
    equal([entry.missing, entry.whole], [true, true], "missing and whole");
    equal((await index.claim(range("/a", 8, 16), ANY_AGE)).state, "hit", "claim of a range");
  });

  test("stores are apart: the same key in two of them is two entries", async ({ index }) => {
    const a = await fill(index, whole("/a", "s"));
    equal(await index.peek(whole("/a", "t")), undefined, "the other store's key");
    const b = await fill(index, whole("/a", "t"));
    equal((await index.peek(whole("/a", "s")))?.token, a, "the first store's entry");
    equal((await index.peek(whole("/a", "t")))?.token, b, "the second store's entry");
  });

  test("condemn takes away an entry only while it holds the token", async ({ index, clock }) => {
    const old = await fill(index, whole("/a"));
    clock.advance(10);
    const token = await fill(index, whole("/a"), {}, { present: 1, missing: 1 });
    equal(await index.condemn(whole("/a"), old), false, "condemn with an old token");
    equal((await index.peek(whole("/a")))?.token, token, "the entry stays");
    equal(await index.condemn(whole("/a"), token), true, "condemn with its token");
    equal(await index.peek(whole("/a")), undefined, "the entry is gone");
    equal(await index.condemn(whole("/a"), token), false, "condemn when it is gone");
    equal((await drain(index)).sort(), [old, token].sort(), "tokens that were condemned");
    equal((await index.usage()).bytes, 0, "bytes after they were freed");
  });

  test("a whole value replaces the ranges of its key, and of no other", async ({ index }) => {
    const ranges = [
      await fill(index, range("/a", 0, 8)),
      await fill(index, { ...whole("/a"), range: { suffixLength: 4 } }),
    ];
    await fill(index, range("/ab", 0, 8));
    const token = await fill(index, whole("/a"));
    equal((await index.peek(range("/a", 0, 8)))?.token, token, "the entry that answers the range");
    equal((await drain(index)).sort(), ranges.sort(), "tokens that were condemned");
    check(await isVisible(index, range("/ab", 0, 8)), "the range of another key stays");
  });

  test("condemn of a range with the token of its whole does nothing", async ({ index }) => {
    const token = await fill(index, whole("/a"));
    equal(await index.condemn(range("/a", 0, 8), token), false, "condemn of a range with the whole's token");
    equal(await index.condemn(whole("/a"), token), true, "condemn of the whole");
  });
}

async function condemnedNames(index: StoreIndex): Promise<string[]> {
  return (await index.condemned(10)).map(({ storeId, token }) => `${storeId} ${token}`);
}
