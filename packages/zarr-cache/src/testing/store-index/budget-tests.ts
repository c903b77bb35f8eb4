import type { ClaimRef } from "../../store-index.ts";
import { check, equal, present } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import { admit, drain, facts, fill, isVisible, reservation, take, UNIT, whole } from "./steps.ts";

/** `charged ≤ maxBytes` at every moment; what is condemned is charged until it is freed. */
export function budgetTests(test: IndexTestDeclaration): void {
  test("the budget is what it was made with", async ({ index }) => {
    const usage = await index.usage();
    equal([usage.maxBytes, usage.bytes, usage.entries], [10.5 * UNIT, 0, 0], "maxBytes, bytes, entries");
    equal(index.maxEntryBytes, 10.5 * UNIT, "maxEntryBytes");
  });

  test("charges at least the footprint, whatever the size", async ({ index }) => {
    await fill(index, whole("/a"), { size: 10, footprint: 4096 });
    const { bytes } = await index.usage();
    check(bytes >= 4096, `${bytes} bytes are charged for a footprint of 4096`);
    const { entries } = await index.entries({});
    equal(present(entries[0], "the entry").charge, bytes, "the charge of the only entry");
    equal(present(entries[0], "the entry").size, 10, "the size of the only entry");
  });

  test("reserve is full when the budget is, and charges nothing then", async ({ index }) => {
    for (let i = 0; i < 10; i++) await fill(index, whole(`/${i}`));
    const { bytes } = await index.usage();
    const claim = await take(index, whole("/new"));
    equal(await index.reserve(claim, reservation()), "full", "reserve");
    equal((await index.usage()).bytes, bytes, "bytes after");
    check(!(await index.commit(claim, facts())), "commit without a reservation is false");
  });

  test("what is condemned is charged until it is freed", async ({ index }) => {
    for (let i = 0; i < 10; i++) await fill(index, whole(`/${i}`));
    const { bytes } = await index.usage();
    const claim = await take(index, whole("/new"));
    const room = await index.makeRoom(reservation());
    equal([room.state, room.evicted.length], ["done", 1], "makeRoom");
    const usage = await index.usage();
    equal(usage.bytes, bytes, "bytes while condemned");
    check(usage.condemnedBytes >= UNIT, `${usage.condemnedBytes} bytes are condemned`);
    equal([usage.entries, usage.evictions], [9, 1], "entries and evictions");
    equal(await index.reserve(claim, reservation()), "full", "reserve before free");
    await index.free(room.evicted.map(({ token }) => token));
    equal(await index.reserve(claim, reservation()), "reserved", "reserve after free");
  });

  test("making room for the same again evicts nothing more", async ({ index }) => {
    for (let i = 0; i < 10; i++) await fill(index, whole(`/${i}`));
    await index.makeRoom(reservation());
    const again = await index.makeRoom(reservation());
    equal([again.state, again.evicted.length], ["done", 0], "makeRoom again");
  });

  test("reservations are charged: many at once do not overrun the budget", async ({ index }) => {
    const claims = await Promise.all(
      Array.from({ length: 32 }, async (_, i): Promise<ClaimRef> => take(index, whole(`/${i}`))),
    );
    const answers = await Promise.all(claims.map(async (claim) => index.reserve(claim, reservation())));
    equal(answers.filter((answer) => answer === "reserved").length, 10, "reservations that fit");
    equal(answers.filter((answer) => answer === "full").length, 22, "reservations that do not");
    for (const [i, claim] of claims.entries())
      equal(await index.commit(claim, facts()), answers[i] === "reserved", `commit ${i}`);
  });

  test("reservations are not evicted", async ({ index }) => {
    const claim = await take(index, whole("/slow"));
    await index.reserve(claim, reservation({ size: 9 * UNIT, cost: 0.001 }));
    await fill(index, whole("/a"));
    const room = await index.makeRoom(reservation({ size: 5 * UNIT, cost: 1e6 }));
    check(!room.evicted.some(({ token }) => token === claim.token), "the reservation is spared");
    await index.free(room.evicted.map(({ token }) => token));
    check(await index.commit(claim, facts({ size: 9 * UNIT })), "its commit holds");
  });

  test("a store that is refilled over and over keeps its size", async ({ index, clock }) => {
    await fill(index, whole("/a"));
    const { bytes } = await index.usage();
    for (let i = 0; i < 30; i++) {
      clock.advance(10);
      await fill(index, whole("/a"), {}, { present: 5, missing: 5 });
      await drain(index);
      await index.invalidate("s", "/a");
      await drain(index);
      await fill(index, whole("/a"));
    }
    const usage = await index.usage();
    equal([usage.bytes, usage.entries], [bytes, 1], "bytes and entries");
  });

  test(
    "an entry larger than maxEntryBytes is refused, and evicts nothing",
    async ({ index }) => {
      for (let i = 0; i < 10; i++) await fill(index, whole(`/${i}`), { cost: 1 });
      const claim = await take(index, whole("/new"));
      const large = reservation({ size: 2 * UNIT + 1, cost: 1e6 });
      equal((await admit(index, claim, large)).state, "refused", "an entry above maxEntryBytes");
      equal((await index.usage()).entries, 10, "entries after");
      const most = reservation({ size: 1.9 * UNIT, cost: 1e6 });
      equal((await admit(index, claim, most)).state, "reserved", "an entry below maxEntryBytes");
    },
    { maxEntryBytes: 2 * UNIT },
  );

  test(
    "an entry larger than the budget is refused",
    async ({ index }) => {
      await fill(index, whole("/a"));
      const claim = await take(index, whole("/new"));
      equal(
        (await admit(index, claim, reservation({ size: 11 * UNIT, cost: 1e6 }))).state,
        "refused",
        "reserve",
      );
      check(await isVisible(index, whole("/a")), "what was there stays");
    },
    { maxEntryBytes: 100 * UNIT },
  );

  test(
    "maxEntries binds, missing keys included",
    async ({ index }) => {
      for (let i = 0; i < 3; i++) await fill(index, whole(`/${i}`), { size: 10 });
      await fill(index, whole("/m"), { missing: true, size: 0, footprint: 0, cost: 1000 });
      equal((await index.usage()).entries, 3, "entries");
      equal((await index.usage()).maxEntries, 3, "maxEntries");
      check(await isVisible(index, whole("/m")), "the last one is in");
    },
    { maxEntries: 3 },
  );

  test(
    "maxEntries binds when several reserve at once",
    async ({ index }) => {
      await fill(index, whole("/0"), { size: 10 });
      const claims = [
        await take(index, whole("/1")),
        await take(index, whole("/2")),
        await take(index, whole("/3")),
      ];
      const want = reservation({ size: 10 });
      const answers: string[] = [];
      for (const claim of claims) answers.push(await index.reserve(claim, want));
      for (const claim of claims) await index.commit(claim, facts({ size: 10 }));
      const { entries } = await index.usage();
      check(entries <= 2, `${entries} entries, allowed are 2; reserve answered ${answers.join(", ")}`);
    },
    { maxEntries: 2 },
  );

  test(
    "there is never room done where reservations take it",
    async ({ index }) => {
      for (const key of ["/1", "/2"])
        await index.reserve(await take(index, whole(key)), reservation({ size: 10 }));
      const claim = await take(index, whole("/new"));
      equal(await index.reserve(claim, reservation({ size: 10 })), "full", "reserve");
      const { state } = await index.makeRoom(reservation({ size: 10, cost: 1e6 }));
      check(state !== "done", "makeRoom does not say done, since the next reserve would be full again");
    },
    { maxEntries: 2 },
  );

  test(
    "missing keys alone cannot overrun the budget",
    async ({ index }) => {
      for (let i = 0; i < 400; i++)
        await fill(index, whole(`/m/${i}`), { missing: true, size: 0, footprint: 0 });
      const { entries, bytes, maxBytes } = await index.usage();
      check(entries < 400 && bytes <= maxBytes, `${entries} entries and ${bytes} bytes in ${maxBytes}`);
    },
    { maxBytes: 20_000 },
  );

  test("free of what is not condemned changes nothing", async ({ index }) => {
    const token = await fill(index, whole("/a"));
    const claim = await take(index, whole("/b"));
    await index.reserve(claim, reservation());
    const before = await index.usage();
    await index.free([token, claim.token, "nobody", token]);
    equal((await index.usage()).bytes, before.bytes, "bytes");
    check(await isVisible(index, whole("/a")), "the entry stays");
    check(await index.commit(claim, facts()), "the reservation holds");
  });

  test("free twice frees once", async ({ index }) => {
    const token = await fill(index, whole("/a"));
    await fill(index, whole("/b"));
    await index.condemn(whole("/a"), token);
    await index.free([token]);
    const { bytes } = await index.usage();
    await index.free([token, token]);
    equal((await index.usage()).bytes, bytes, "bytes");
  });
}
