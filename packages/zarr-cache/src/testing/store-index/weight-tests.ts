import { PINNED } from "../../policy.ts";
import type { StoreIndex } from "../../store-index.ts";
import { check, equal, present } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import { admit, drain, facts, fill, range, reservation, take, UNIT, visibleKeys, whole } from "./steps.ts";

const THREE = ["/a", "/b", "/c"];
const ROOM_FOR_THREE = { maxBytes: 3.5 * UNIT };
/** The weight of what was only prefetched. */
const UNASKED = 2 ** -20;

/** What was only prefetched goes first until it is used; what is pinned stays, as far as the limit of pins goes. */
export function weightTests(test: IndexTestDeclaration): void {
  const pinned = async (index: StoreIndex) => {
    const { entries } = await index.entries({ limit: 1000 });
    return entries.filter((entry) => entry.pinned).map(({ key }) => key);
  };

  test(
    "what was only prefetched goes first",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key), { weight: key === "/b" ? UNASKED : 1 });
      await fill(index, whole("/new"));
      equal(await visibleKeys(index, THREE), ["/a", "/c"], "survivors");
    },
    ROOM_FOR_THREE,
  );

  test(
    "what was prefetched is like any other from its first use on",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key), { weight: key === "/a" ? UNASKED : 1 });
      await index.lookup(whole("/a"));
      await fill(index, whole("/new"));
      await fill(index, whole("/newer"));
      equal(await visibleKeys(index, THREE), ["/a"], "survivors of two newcomers");
    },
    ROOM_FOR_THREE,
  );

  test(
    "what is prefetched drives out nothing that was asked for",
    async ({ index }) => {
      for (const key of THREE) await fill(index, whole(key));
      const claim = await take(index, whole("/new"));
      const { state, evicted } = await admit(index, claim, reservation({ weight: UNASKED }));
      equal([state, evicted.length], ["refused", 0], "the newcomer, and how many it drove out");
    },
    ROOM_FOR_THREE,
  );

  test("what is pinned is not evicted, whatever comes", async ({ index }) => {
    for (const key of THREE) await fill(index, whole(key), { cost: 0.001 });
    for (const key of THREE) equal(await index.weigh(whole(key), PINNED), "weighed", `pin of ${key}`);
    for (let i = 0; i < 30; i++) await fill(index, whole(`/${i}`), { cost: 1e6 });
    equal(await visibleKeys(index, THREE), THREE, "what is visible");
    equal((await pinned(index)).sort(), THREE, "what says that it is pinned");
    const { pinnedBytes, maxPinnedBytes } = await index.usage();
    check(pinnedBytes >= 3 * UNIT && pinnedBytes < 3.1 * UNIT, `${pinnedBytes} bytes are pinned`);
    equal(maxPinnedBytes, 10.5 * UNIT * 0.5, "half of the budget may be");
  });

  test("a fill can pin what it brings, and drives out whatever it needs", async ({ index }) => {
    for (let i = 0; i < 10; i++) await fill(index, whole(`/${i}`), { cost: 1e6 });
    await fill(index, whole("/a"), { weight: PINNED, cost: 0.001 });
    for (let i = 0; i < 30; i++) await fill(index, whole(`/x${i}`), { cost: 1e7 });
    equal(await pinned(index), ["/a"], "what is pinned");
  });

  test("more is not pinned than may be, and nothing changes then", async ({ index }) => {
    for (let i = 0; i < 8; i++) await fill(index, whole(`/${i}`));
    const answers: string[] = [];
    for (let i = 0; i < 8; i++) answers.push(await index.weigh(whole(`/${i}`), PINNED));
    equal(answers.filter((answer) => answer === "weighed").length, 5, "units of 5.25 that are pinned");
    equal(answers.slice(5), ["refused", "refused", "refused"], "the others");
    await fill(index, whole("/one-more"), { weight: PINNED });
    equal((await pinned(index)).length, 5, "pinned after a fill that wanted to be");
    check((await visibleKeys(index, ["/one-more"])).length === 1, "which is kept all the same");
  });

  test("a full limit of pins leaves room for others, and refuses none", async ({ index }) => {
    for (let i = 0; i < 5; i++) await fill(index, whole(`/${i}`), { weight: PINNED });
    const claim = await take(index, whole("/large"));
    const { state } = await admit(index, claim, reservation({ size: 6 * UNIT, cost: 1e6 }));
    equal(state, "refused", "a newcomer that would need the room of pins");
    await index.release(claim);
    await fill(index, whole("/small"), { size: 5 * UNIT, cost: 0.001 });
    equal((await pinned(index)).length, 5, "what is pinned");
  });

  test("what is let go of ranks as if it had been used then", async ({ index }) => {
    await fill(index, whole("/a"), { weight: PINNED });
    for (let i = 0; i < 20; i++) await fill(index, whole(`/${i}`));
    equal(await index.weigh(whole("/a"), 1), "weighed", "letting go");
    equal((await index.usage()).pinnedBytes, 0, "bytes pinned");
    await fill(index, whole("/new"));
    check((await visibleKeys(index, ["/a"])).length === 1, "it is not the first to go");
    for (let i = 20; i < 40; i++) await fill(index, whole(`/${i}`));
    equal(await visibleKeys(index, ["/a"]), [], "visible after twenty more");
  });

  test("only the entry of exactly this part is weighed", async ({ index }) => {
    equal(await index.weigh(whole("/a"), PINNED), "absent", "a key that is not there");
    await fill(index, whole("/a"));
    equal(await index.weigh(range("/a", 0, 8), PINNED), "absent", "a range that a whole answers");
    equal(await index.weigh(whole("/a"), PINNED), "weighed", "the whole");
    equal(await index.weigh(whole("/a"), PINNED), "weighed", "the whole again");
    check((await index.usage()).pinnedBytes < 1.1 * UNIT, "it counts once");
  });

  test("what replaces a pinned entry is pinned", async ({ index }) => {
    await fill(index, whole("/a"), { weight: PINNED });
    await fill(index, whole("/a"), { size: 2 * UNIT }, { present: -1, missing: -1 });
    equal(await pinned(index), ["/a"], "what is pinned");
    await drain(index);
    const { pinnedBytes, bytes } = await index.usage();
    equal(pinnedBytes, bytes, "bytes pinned");
    await fill(index, whole("/a"), { size: 6 * UNIT }, { present: -1, missing: -1 });
    equal(await pinned(index), [], "pinned once it is too large");
  });

  test("invalidations and writes end pins with their entries", async ({ index }) => {
    for (const key of THREE) await fill(index, whole(key), { weight: PINNED });
    await index.invalidate("s", "/a");
    const intent = await index.openWrite("s", "/b");
    await index.closeWrite(intent, false);
    await index.condemn(whole("/c"), present(await index.peek(whole("/c")), "/c").token);
    await drain(index);
    for (const key of THREE) await fill(index, whole(key));
    equal(await pinned(index), [], "what is pinned");
    equal((await index.usage()).pinnedBytes, 0, "bytes pinned");
  });

  test("a pin asked for by a claim that is given up counts nothing", async ({ index }) => {
    const claim = await take(index, whole("/a"));
    await admit(index, claim, reservation({ weight: PINNED }));
    await index.release(claim);
    await drain(index);
    equal((await index.usage()).pinnedBytes, 0, "bytes pinned");
    check(!(await index.commit(claim, facts())), "commit after release is false");
  });

  test(
    "lru: what is pinned stays as well",
    async ({ index }) => {
      await fill(index, whole("/a"), { weight: PINNED });
      for (let i = 0; i < 10; i++) await fill(index, whole(`/${i}`));
      equal(await visibleKeys(index, ["/a"]), ["/a"], "what is visible");
      await index.weigh(whole("/a"), 1);
      for (let i = 10; i < 20; i++) await fill(index, whole(`/${i}`));
      equal(await visibleKeys(index, ["/a"]), [], "visible once it was let go of");
    },
    { ...ROOM_FOR_THREE, policy: "lru" },
  );
}
