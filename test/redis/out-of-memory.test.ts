import { describe, expect, it } from "vitest";
import { hasRedisServer } from "../support/redis-server.ts";
import { ANY_AGE, fillPart, takeClaim, whole } from "./fill-part.ts";
import { serverOfEachTest } from "./server-of-each-test.ts";

const WANT = { footprint: 1000, size: 1000, cost: 100, weight: 1 };
const OUT_OF_MEMORY = { tag: "RedisError", reason: "memory" };

describe.runIf(await hasRedisServer())("RedisStoreIndex on a Redis that has no memory left", () => {
  const test = serverOfEachTest({ maxBytes: "1 GB", deadline: 5000 });
  const { openIndex } = test;

  const setMemory = (bytes: number) => test.server.admin.config("SET", "maxmemory", bytes);
  const usedMemory = async () =>
    Number(/^used_memory:(\d+)/m.exec(await test.server.admin.info("memory"))?.[1]);

  it("refuses what needs memory, and does all that frees some or that must be done", async () => {
    const index = await openIndex();
    const tokens = new Map<string, string>();
    const keys = ["/condemned", "/deleted", "/written", "/evicted", "/kept"];
    for (const key of keys) tokens.set(key, await fillPart(index, whole(key)));
    const released = await takeClaim(index, whole("/released"));
    const renewed = await takeClaim(index, whole("/renewed"));
    for (const claim of [released, renewed]) expect(await index.reserve(claim, WANT)).toBe("reserved");

    await setMemory(1);
    await expect(index.claim(whole("/new"), ANY_AGE)).rejects.toMatchObject(OUT_OF_MEMORY);
    await expect(index.bind("other", "https://a")).rejects.toMatchObject(OUT_OF_MEMORY);
    expect((await index.lookup(whole("/kept")))?.token).toBe(tokens.get("/kept"));
    expect(await index.claim(whole("/kept"), ANY_AGE)).toMatchObject({ state: "hit" });
    expect(await index.renew([renewed])).toEqual([]);
    expect(await index.condemn(whole("/condemned"), tokens.get("/condemned") as string)).toBe(true);
    await index.release(released, { passFor: 1000, failure: { name: "Error", message: "no" } });
    await index.invalidate("s", "/deleted");
    const intent = await index.openWrite("s", "/written");
    await index.closeWrite(intent, true);
    for (const key of ["/condemned", "/deleted", "/written"])
      expect(await index.peek(whole(key)), key).toBeUndefined();
    while ((await index.sweep()).more);
    const smaller = await openIndex({ maxEntries: 2 });
    expect((await smaller.usage()).entries).toBeLessThanOrEqual(2);
    await index.free((await index.condemned(100)).map(({ token }) => token));
    expect(await index.condemned(100)).toEqual([]);
    expect((await index.known([{ storeId: "s", token: tokens.get("/condemned") as string }]))[0]).toBe(false);

    await setMemory(0);
    expect(await index.verify({ repair: false })).toEqual([]);
    await fillPart(index, whole("/new"));
  });

  it("serves again by itself once entries were driven out and freed", async () => {
    const index = await openIndex();
    let filled = 0;
    const fillUntilFull = async () => {
      for (;;) {
        await fillPart(index, whole(`/${filled}`));
        filled++;
      }
    };
    for (; filled < 50; filled++) await fillPart(index, whole(`/${filled}`));
    // Another client, with its connections and the scripts that it is the first to send, takes some 200 kB.
    await setMemory((await usedMemory()) + 1_000_000);
    await expect(fillUntilFull()).rejects.toMatchObject(OUT_OF_MEMORY);
    const before = filled;
    expect(before).toBeGreaterThan(200);
    const smaller = await openIndex({ maxEntries: before >> 2 });
    for (;;) {
      const names = await smaller.condemned(64);
      if (names.length === 0) break;
      await smaller.free(names.map(({ token }) => token));
    }
    await fillPart(smaller, whole("/again"));
    expect((await smaller.usage()).entries).toBeLessThanOrEqual(before >> 2);
    await setMemory(0);
    expect(await smaller.verify({ repair: false })).toEqual([]);
  });
});
