import { check, equal, inState } from "../check.ts";
import {
  CHUNK,
  chunk,
  hitOf,
  holds,
  lacks,
  range,
  type StorageTestDeclaration,
  takeFill,
  whole,
} from "./fixture.ts";

/** What a hit hands out. */
export function readingTests(test: StorageTestDeclaration): void {
  test("a whole serves its ranges by the rules of RFC 9110", async ({ storage }) => {
    const value = chunk(1);
    await storage.put(whole("/a"), value.slice());
    await storage.idle();
    for (const [offset, length] of [
      [0, 1],
      [0, CHUNK],
      [65_530, 20],
      [CHUNK - 1, 1],
      [CHUNK - 5, 50],
      [7, 0],
    ] as const)
      await holds(storage, range("/a", offset, length), value.slice(offset, offset + length));
    for (const suffixLength of [1, 100, CHUNK, CHUNK + 1])
      await holds(
        storage,
        { ...whole("/a"), range: { suffixLength } },
        value.slice(Math.max(0, CHUNK - suffixLength)),
      );
    inState(await storage.claim(range("/a", 3, 3)), "hit", "claim of a range");
  });

  test("a range never passes for the whole, nor for another range", async ({ storage }) => {
    check(await (await takeFill(storage, range("/a", 8, 100))).commit(chunk(1, 100)), "commit of a range");
    await storage.idle();
    await holds(storage, range("/a", 8, 100), chunk(1, 100));
    await lacks(storage, whole("/a"), "when a range is cached");
    await lacks(storage, range("/a", 8, 50), "when a longer range is cached");
    await lacks(storage, { ...whole("/a"), range: { suffixLength: 100 } }, "when a range is cached");
    await storage.put(whole("/a"), chunk(2));
    await storage.idle();
    await holds(storage, whole("/a"), chunk(2));
  });

  test("a value that is handed out owns its ArrayBuffer", async ({ storage }) => {
    await storage.put(whole("/a"), chunk(1));
    await storage.idle();
    for (const part of [whole("/a"), range("/a", 5, 1000), range("/a", CHUNK - 5, 1000)]) {
      const { value } = await hitOf(storage, part);
      equal([value?.byteOffset, value?.buffer.byteLength], [0, value?.byteLength], "offset and buffer");
    }
  });

  test("a hit that is owned can be written to without harm", async ({ storage }) => {
    await storage.put(whole("/a"), chunk(1));
    await storage.idle();
    for (const part of [whole("/a"), range("/a", 5, 1000)]) {
      for (let i = 0; i < 3; i++) {
        const hit = await hitOf(storage, part);
        if (hit.owned) hit.value?.fill(0);
      }
    }
    await holds(storage, whole("/a"), chunk(1));
    await holds(storage, range("/a", 5, 1000), chunk(1).slice(5, 1005));
  });

  test("two hits that are owned do not share a buffer", async ({ storage }) => {
    await storage.put(whole("/a"), chunk(1));
    await storage.idle();
    const [a, b] = await Promise.all([hitOf(storage, whole("/a")), hitOf(storage, whole("/a"))]);
    check(!(a.owned && b.owned) || a.value?.buffer !== b.value?.buffer, "two owned hits, one buffer");
  });

  test("store ids are apart", async ({ storage }) => {
    await storage.put(whole("/a", "s"), chunk(1));
    await storage.idle();
    await lacks(storage, whole("/a", "t"), "in another store");
    await storage.put(whole("/a", "t"), chunk(2));
    await storage.idle();
    await holds(storage, whole("/a", "s"), chunk(1));
    await holds(storage, whole("/a", "t"), chunk(2));
  });

  test("64 fills and reads at once keep their values apart", async ({ storage }) => {
    const all = Array.from({ length: 64 }, (_, i) => i);
    const part = (i: number) => whole(`/${i}`, i % 2 ? "s" : "t");
    const kept = await Promise.all(all.map((i) => storage.put(part(i), chunk(i, 1000 + i))));
    check(kept.every(Boolean), "all of them are kept");
    await storage.idle();
    await Promise.all(all.map((i) => holds(storage, part(i), chunk(i, 1000 + i))));
  });

  test("look-ups are counted as hits and misses", async ({ storage }) => {
    await storage.get(whole("/a"));
    await storage.put(whole("/a"), chunk(1));
    await storage.idle();
    await storage.get(whole("/a"));
    const tiers = storage.tierStatistics("s");
    check(tiers.length > 0, "there is a tier");
    const sum = (field: "hits" | "misses" | "fills") =>
      tiers.reduce((total, statistics) => total + statistics[field], 0);
    check(sum("hits") === 1 && sum("misses") >= 1 && sum("fills") >= 1, "one hit, a miss, a fill");
    equal(storage.tierStatistics("never-seen")[0]?.hits, 0, "hits of another store");
  });
}
