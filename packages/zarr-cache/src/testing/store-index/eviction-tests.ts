import type { StoreIndex } from "../../store-index.ts";
import { check, equal } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import type { Filling } from "./steps.ts";
import { admit, facts, fill, reservation, take, UNIT, visibleKeys, whole } from "./steps.ts";

const THREE = ["/a", "/b", "/c"];
const ROOM_FOR_THREE = { maxBytes: 3.5 * UNIT };

/** The lowest rank goes first: each thing that a rank depends on is varied alone. */
export function evictionTests(test: IndexTestDeclaration): void {
  /** Fills a, b and c, where only b differs; answers which of them a newcomer leaves. */
  const survivors = async (index: StoreIndex, b: Filling, others: Filling = {}, newcomer: Filling = {}) => {
    for (const key of THREE) await fill(index, whole(key), key === "/b" ? { ...others, ...b } : others);
    await fill(index, whole("/new"), { cost: 1e5, ...newcomer });
    return visibleKeys(index, THREE);
  };

  test(
    "of equal entries the oldest goes first",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key));
      await fill(index, whole("/d"));
      equal(await visibleKeys(index, [...THREE, "/d"]), ["/b", "/c", "/d"], "after one newcomer");
      await fill(index, whole("/e"));
      equal(await visibleKeys(index, [...THREE, "/d", "/e"]), ["/c", "/d", "/e"], "after two");
    },
    ROOM_FOR_THREE,
  );

  test(
    "what is cheap to get again goes first",
    async ({ index }) => {
      equal(await survivors(index, { cost: 50 }), ["/a", "/c"], "survivors");
    },
    ROOM_FOR_THREE,
  );

  test(
    "what is dear to get again goes last",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key), { cost: key === "/a" ? 1000 : 100 });
      for (const key of ["/d", "/e"]) await fill(index, whole(key));
      equal(await visibleKeys(index, THREE), ["/a"], "survivors of two newcomers");
    },
    ROOM_FOR_THREE,
  );

  test(
    "what is large goes first",
    async ({ index }) => {
      equal(await survivors(index, { size: 1.4 * UNIT }), ["/a", "/c"], "survivors");
    },
    ROOM_FOR_THREE,
  );

  test(
    "what was never used goes before what was",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key));
      for (const key of ["/a", "/c"]) await index.lookup(whole(key));
      await fill(index, whole("/new"));
      equal(await visibleKeys(index, THREE), ["/a", "/c"], "survivors");
    },
    ROOM_FOR_THREE,
  );

  test(
    "of what was used as often, what was used longest ago goes first",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key));
      for (const key of ["/b", "/c", "/a"]) await index.lookup(whole(key));
      await fill(index, whole("/new"), { cost: 1e5 });
      equal(await visibleKeys(index, THREE), ["/a", "/c"], "survivors");
    },
    ROOM_FOR_THREE,
  );

  test(
    "a range that a whole answers is a use of the whole",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key));
      for (const key of ["/a", "/c"]) await index.lookup({ ...whole(key), range: { offset: 0, length: 8 } });
      await fill(index, whole("/new"));
      equal(await visibleKeys(index, THREE), ["/a", "/c"], "survivors");
    },
    ROOM_FOR_THREE,
  );

  test(
    "peek is no use",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key));
      for (let i = 0; i < 5; i++) await index.peek(whole("/a"));
      await fill(index, whole("/new"));
      equal(await visibleKeys(index, THREE), ["/b", "/c"], "survivors");
    },
    ROOM_FOR_THREE,
  );

  test(
    "weight makes an entry go first or last",
    async ({ index }) => {
      equal(await survivors(index, { weight: 0.5 }), ["/a", "/c"], "survivors when b weighs less");
      await index.invalidate("s", "/");
    },
    ROOM_FOR_THREE,
  );

  test(
    "weight above one makes an entry go last",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key), { weight: key === "/a" ? 100 : 1 });
      for (const key of ["/d", "/e", "/f"]) await fill(index, whole(key));
      check((await visibleKeys(index, ["/a"])).length === 1, "the heavy one stays");
    },
    ROOM_FOR_THREE,
  );

  test(
    "what was often used once does not stay for ever",
    async ({ index }) => {
      await fill(index, whole("/old"));
      for (let i = 0; i < 10; i++) await index.lookup(whole("/old"));
      for (let i = 0; i < 60; i++) await fill(index, whole(`/${i}`));
      equal(await visibleKeys(index, ["/old", "/59"]), ["/59"], "visible after 60 newcomers");
    },
    ROOM_FOR_THREE,
  );

  test(
    "a newcomer that ranks lowest is refused, and what is there stays",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key), { cost: 100 });
      const claim = await take(index, whole("/new"));
      const { state, evicted } = await admit(index, claim, reservation({ cost: 10 }));
      equal([state, evicted.length], ["refused", 0], "the newcomer, and how many it drove out");
      check(!(await index.commit(claim, facts())), "commit is false");
      equal(await visibleKeys(index, THREE), THREE, "what is visible");
    },
    ROOM_FOR_THREE,
  );

  test(
    "a newcomer that comes again and again is let in",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key), { cost: 100 });
      let attempts = 0;
      for (let state = ""; state !== "reserved"; attempts++) {
        check(attempts < 50, "a newcomer of a tenth of the worth is let in within 50 attempts");
        const claim = await take(index, whole("/new"));
        ({ state } = await admit(index, claim, reservation({ cost: 10 })));
        if (state === "reserved") check(await index.commit(claim, facts({ cost: 10 })), "commit holds");
        else await index.release(claim);
      }
      check(attempts > 2, `it takes more than ${attempts} attempts to outrank what costs ten times as much`);
      equal((await visibleKeys(index, THREE)).length, 2, "what it left of three");
    },
    ROOM_FOR_THREE,
  );

  test(
    "costs of zero and of a year do no harm",
    async ({ index }) => {
      await fill(index, whole("/a"), { cost: 0 });
      await fill(index, whole("/b"), { cost: 3.2e10 });
      await fill(index, whole("/c"));
      await fill(index, whole("/d"));
      equal(await visibleKeys(index, ["/a", "/b", "/c", "/d"]), ["/b", "/c", "/d"], "what is visible");
    },
    ROOM_FOR_THREE,
  );

  test("a large newcomer drives out as many as it needs, the lowest first", async ({ index }) => {
    for (let i = 0; i < 10; i++) await fill(index, whole(`/${i}`), { cost: 10 + i });
    const claim = await take(index, whole("/new"));
    const { state, evicted } = await admit(index, claim, reservation({ size: 4 * UNIT, cost: 1e6 }));
    equal([state, evicted.length], ["reserved", 4], "the newcomer, and how many it drove out");
    const keys = Array.from({ length: 10 }, (_, i) => `/${i}`);
    equal(await visibleKeys(index, keys), keys.slice(4), "what is visible");
  });

  test("room among hundreds of small entries is made in bounded steps", async ({ index }) => {
    for (let i = 0; i < 600; i++) await fill(index, whole(`/${i}`), { size: UNIT / 100, cost: 1 });
    const claim = await take(index, whole("/new"));
    const want = reservation({ size: 8 * UNIT, cost: 1e6 });
    const { state, evicted } = await admit(index, claim, want);
    equal(state, "reserved", "the newcomer");
    check(evicted.length >= 350 && evicted.length < 450, `it drove out ${evicted.length} of 600`);
    equal(new Set(evicted.map(({ token }) => token)).size, evicted.length, "distinct names");
  });

  test("without a want room is made down to a low-water mark", async ({ index }) => {
    for (let i = 0; i < 104; i++) await fill(index, whole(`/${i}`), { size: UNIT / 10 });
    let evicted = 0;
    for (let state = "more"; state === "more"; ) {
      const room = await index.makeRoom();
      ({ state } = room);
      check(state !== "refused", "nobody can be refused");
      evicted += room.evicted.length;
      await index.free(room.evicted.map(({ token }) => token));
    }
    const { bytes, maxBytes } = await index.usage();
    check(evicted > 0 && bytes < maxBytes - UNIT / 10, `${bytes} bytes of ${maxBytes} are left`);
    check(bytes > maxBytes / 2, `it stops long before half: ${bytes} of ${maxBytes}`);
    equal((await index.makeRoom()).evicted.length, 0, "evicted below the mark");
  });

  test(
    "what was evicted can be claimed and filled again",
    async ({ index }) => {
      for (const key of [...THREE, "/d"]) await fill(index, whole(key));
      await fill(index, whole("/a"));
      check((await visibleKeys(index, ["/a"])).length === 1, "it is visible again");
    },
    ROOM_FOR_THREE,
  );

  test(
    "lru: what was not used longest goes first, whatever it costs",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key), { cost: key === "/b" ? 1e6 : 100 });
      await index.lookup(whole("/a"));
      await fill(index, whole("/d"), { cost: 1 });
      equal(await visibleKeys(index, [...THREE, "/d"]), ["/a", "/c", "/d"], "after one newcomer");
      await index.lookup(whole("/c"));
      await fill(index, whole("/e"), { cost: 1 });
      equal(await visibleKeys(index, [...THREE, "/d", "/e"]), ["/c", "/d", "/e"], "after two");
    },
    { ...ROOM_FOR_THREE, policy: "lru" },
  );

  test(
    "lru: how often does not matter, nor does size",
    async ({ index }) => {
      await fill(index, whole("/a"));
      for (let i = 0; i < 20; i++) await index.lookup(whole("/a"));
      await fill(index, whole("/b"), { size: 1.4 * UNIT });
      await fill(index, whole("/c"));
      await fill(index, whole("/d"), { size: 0.9 * UNIT });
      equal(await visibleKeys(index, [...THREE, "/d"]), ["/b", "/c", "/d"], "what is visible");
    },
    { ...ROOM_FOR_THREE, policy: "lru" },
  );
}
