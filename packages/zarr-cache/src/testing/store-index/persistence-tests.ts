import { PINNED } from "../../policy.ts";
import { check, equal, present, rejects } from "../check.ts";
import { type IndexTestDeclaration, LOCK_AGE } from "./fixture.ts";
import { drain, facts, fill, isVisible, range, reservation, take, visibleKeys, whole } from "./steps.ts";

/** What is left after a crash: everything that was visible, and every charge. */
export function persistenceTests(test: IndexTestDeclaration): void {
  test("entries outlive a crash, with their facts, or a new epoch begins", async ({
    index,
    reopen,
    clock,
  }) => {
    const { epoch } = await index.open();
    const made = {
      size: 1000,
      validator: '"v"',
      cost: 12,
      checksum: 9,
      expiresAt: clock.now() + 1e9,
      grace: { ifError: 60_000 },
    };
    const token = await fill(index, range("/a", 0, 1000), made);
    const fetchedAt = clock.now();
    await fill(index, whole("/m"), { missing: true, size: 0, footprint: 0 });
    const before = await index.usage();
    clock.advance(60_000);
    const later = await reopen();
    const state = await later.open();
    equal(state, { epoch, clean: true }, "the epoch, and that it is clean");
    const entry = present(await later.lookup(range("/a", 0, 1000)), "lookup");
    const { validator, cost, checksum, expiresAt, size, grace } = entry;
    equal({ size, validator, cost, checksum, expiresAt, grace }, made, "facts");
    equal([entry.token, entry.fetchedAt], [token, fetchedAt], "token and time of the request");
    equal((await later.peek(whole("/m")))?.missing, true, "a missing key");
    const after = await later.usage();
    equal([after.bytes, after.entries], [before.bytes, before.entries], "bytes and entries");
  });

  test("condemned names outlive a crash, charged", async ({ index, reopen }) => {
    const token = await fill(index, whole("/a"));
    await index.condemn(whole("/a"), token);
    const { bytes } = await index.usage();
    const later = await reopen();
    check(!(await isVisible(later, whole("/a"))), "what was condemned stays away");
    equal((await later.usage()).bytes, bytes, "bytes");
    equal(await drain(later), [token], "condemned names");
    equal((await later.usage()).bytes, 0, "bytes after free");
  });

  test("invalidation outlives a crash", async ({ index, reopen }) => {
    for (const key of ["/a", "/a/b", "/ab"]) await fill(index, whole(key));
    await index.invalidate("s", "/a");
    const later = await reopen();
    equal(await visibleKeys(later, ["/a", "/a/b", "/ab"]), ["/ab"], "visible keys");
    await drain(later);
    equal((await later.usage()).entries, 1, "entries");
  });

  test("reservations and writes of the crashed end, and free their charge", async ({
    index,
    reopen,
    clock,
  }) => {
    const claim = await take(index, whole("/a"));
    await index.reserve(claim, reservation());
    await index.openWrite("s", "/w");
    const later = await reopen();
    clock.advance(100 * LOCK_AGE);
    equal(await drain(later), [claim.token], "names that a sweep frees");
    equal((await later.usage()).bytes, 0, "bytes");
    check(!(await later.commit(claim, facts())), "commit of the crashed is false");
    await fill(later, whole("/a"));
    await fill(later, whole("/w"));
  });

  test("a store id stays bound after a crash", async ({ index, reopen }) => {
    await index.bind("s", "https://a");
    const later = await reopen();
    await later.bind("s", "https://a");
    await rejects(async () => later.bind("s", "https://b"), "bind to another", "StoreIdConflictError");
  });

  test(
    "pins outlive a crash",
    async ({ index, reopen }) => {
      await fill(index, whole("/a"), { weight: PINNED, cost: 0.001 });
      const { pinnedBytes } = await index.usage();
      const later = await reopen();
      equal((await later.usage()).pinnedBytes, pinnedBytes, "bytes pinned");
      for (let i = 0; i < 30; i++) await fill(later, whole(`/${i}`));
      check(await isVisible(later, whole("/a")), "what was pinned stays");
    },
    { oneBudget: true },
  );

  test(
    "the order of eviction outlives a crash",
    async ({ index, reopen }) => {
      for (let i = 0; i < 10; i++) await fill(index, whole(`/${i}`), { cost: i === 7 ? 1 : 100 });
      const later = await reopen();
      await fill(later, whole("/new"));
      check(!(await isVisible(later, whole("/7"))), "the cheapest goes first");
    },
    { oneBudget: true },
  );
}
