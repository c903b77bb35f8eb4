import { check, equal, rejects } from "../check.ts";
import { CHUNK, chunk, holds, range, type StorageTestDeclaration, takeFill, whole } from "./fixture.ts";

/** Budget, listing, tidying, and the end. */
export function upkeepTests(test: StorageTestDeclaration): void {
  test("the budget holds while more is filled than fits", async ({ storage }) => {
    const part = (i: number) => whole(`/${i}`);
    for (let i = 0; i < 40; i++) {
      await storage.put(part(i), chunk(i), { cost: 1 + i });
      const { tiers } = await storage.usage();
      for (const { tier, bytes, maxBytes } of tiers)
        check(bytes <= maxBytes, `${tier} is charged ${bytes} of ${maxBytes} after ${i + 1} fills`);
    }
    await storage.idle();
    let held = 0;
    for (let i = 0; i < 40; i++) {
      const hit = await storage.get(part(i));
      if (hit === undefined) continue;
      equal(hit.value, chunk(i), `bytes of /${i}`);
      held += 1;
    }
    check(held >= 5 && held <= 10, `${held} chunks are held where ten fit`);
  });

  test("the budget holds while many fill at once", async ({ storage }) => {
    for (let round = 0; round < 4; round++) {
      await Promise.all(
        Array.from({ length: 32 }, (_, i) =>
          storage.put(whole(`/${round}/${i}`), chunk(i), { cost: 10 ** round }),
        ),
      );
      const { bytes, maxBytes } = await storage.usage();
      check(bytes <= maxBytes, `${bytes} bytes are charged of ${maxBytes}`);
    }
    await storage.idle();
    const { entries } = await storage.usage();
    check(entries >= 5, `${entries} entries are left where ten fit`);
  });

  test("what is too large is read past the cache, and leaves the rest alone", async ({ storage }) => {
    await storage.put(whole("/a"), chunk(1));
    await storage.idle();
    const refused: string[] = [];
    const stop = storage.on("refuse", ({ part }) => refused.push(part.key));
    equal(await storage.put(whole("/large"), chunk(2, 12 * CHUNK)), false, "put");
    await storage.idle();
    check(refused.includes("/large"), "the refusal is told");
    stop();
    await holds(storage, whole("/a"), chunk(1));
  });

  test("eviction is told", async ({ storage }) => {
    let evicted = 0;
    storage.on("evict", ({ entries }) => {
      evicted += entries;
    });
    for (let i = 0; i < 14; i++) await storage.put(whole(`/${i}`), chunk(i), { cost: 10 ** (i / 4) });
    await storage.idle();
    check(evicted >= 4, `${evicted} entries were told to be evicted, of 14 where ten fit`);
  });

  test("usage counts entries and bytes, by store", async ({ storage }) => {
    for (const [i, part] of [whole("/a"), whole("/b"), whole("/a", "t")].entries())
      await storage.put(part, chunk(i));
    await storage.idle();
    const [all, s, t] = [await storage.usage(), await storage.usage("s"), await storage.usage("t")];
    equal([all.entries, s.entries, t.entries], [3, 2, 1], "entries");
    check(t.bytes >= CHUNK && s.bytes >= 2 * CHUNK, `${s.bytes} and ${t.bytes} bytes`);
    check(all.bytes >= s.bytes + t.bytes && all.bytes <= all.maxBytes, `${all.bytes} bytes in all`);
    check(all.tiers.length >= 1 && all.tiers.every(({ sick }) => !sick), "no tier is sick");
  });

  test("entries lists what is cached, page after page", async ({ storage }) => {
    for (let i = 0; i < 7; i++) await storage.put(whole(`/${i}`), chunk(i, 10 * i));
    await storage.put(range("/r", 4, 8), chunk(8, 8));
    await storage.idle();
    const seen: string[] = [];
    for (let cursor: string | undefined, pages = 0; pages < 20; pages++) {
      const page = await storage.entries({ limit: 3, ...(cursor !== undefined && { cursor }) });
      seen.push(...page.entries.map(({ key }) => key));
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    equal(seen, ["/0", "/1", "/2", "/3", "/4", "/5", "/6", "/r"], "keys");
    const largest = await storage.entries({ orderBy: "size", limit: 1 });
    equal(largest.entries[0]?.size, 60, "size of the largest");
    const under = await storage.entries({ storeId: "s", prefix: "/r" });
    equal(under.entries[0]?.range, { offset: 4, length: 8 }, "the range of the entry under /r");
    equal((await storage.entries()).entries.length, 8, "entries without a query");
  });

  test("verify reads every entry and finds nothing wrong", async ({ storage }) => {
    for (let i = 0; i < 5; i++) await storage.put(whole(`/${i}`), chunk(i));
    await storage.put(whole("/m"), undefined);
    await storage.idle();
    const report = await storage.verify();
    check(report.checked >= 5, `${report.checked} entries were checked`);
    equal([report.lost, report.corrupt, report.orphans, [...report.accounting]], [0, 0, 0, []], "faults");
    const repaired = await storage.verify({ repair: true });
    equal([repaired.lost, repaired.corrupt, repaired.orphans], [0, 0, 0], "faults with repair");
    for (let i = 0; i < 5; i++) await holds(storage, whole(`/${i}`), chunk(i));
  });

  test("sweep leaves what lives", async ({ storage }) => {
    await storage.put(whole("/a"), chunk(1));
    const fill = await takeFill(storage, whole("/b"));
    await storage.idle();
    equal((await storage.sweep()).orphans, 0, "orphans");
    check(await fill.commit(chunk(2)), "commit of a fill that began before the sweep");
    await storage.idle();
    await holds(storage, whole("/a"), chunk(1));
    await holds(storage, whole("/b"), chunk(2));
  });

  test("idle resolves when nothing is under way", async ({ storage }) => {
    await storage.idle();
    const put = storage.put(whole("/a"), chunk(1));
    await put;
    await storage.idle("s");
    await storage.idle("never-seen");
    await holds(storage, whole("/a"), chunk(1));
  });

  test("what other processes dropped can be learned", async ({ storage }) => {
    equal(await storage.catchUp(), true, "catchUp");
  });

  test("after close reads find nothing or pass, and never throw", async ({ storage }) => {
    await storage.put(whole("/a"), chunk(1));
    const fill = await takeFill(storage, whole("/b"));
    await storage.close();
    equal(await storage.get(whole("/a")), undefined, "get");
    equal((await storage.claim(whole("/a"))).state, "pass", "claim");
    await storage.has(whole("/a"));
    equal(await storage.put(whole("/c"), chunk(3)), false, "put");
    check(fill.signal.aborted, "the signal of a fill under way is aborted");
    equal(await fill.commit(chunk(2)), false, "commit of a fill under way");
    await storage.idle();
    await storage.close();
    return "closed";
  });

  test("after close writes and invalidations throw", async ({ storage }) => {
    await storage.close();
    await rejects(() => storage.openWrite("s", "/a"), "openWrite", "ClosedError");
    await rejects(() => storage.invalidate("s", "/"), "invalidate", "ClosedError");
    await rejects(() => storage.delete("s", "/a"), "delete", "ClosedError");
    await rejects(() => storage.deleteStore("s"), "deleteStore", "ClosedError");
    await rejects(() => storage.usage(), "usage", "ClosedError");
    return "closed";
  });

  test("close ends fills that nobody ended", async ({ storage }) => {
    await takeFill(storage, whole("/a"));
    const wait = await storage.claim(whole("/a"));
    const settled = wait.state === "wait" ? wait.settled() : undefined;
    await storage.close();
    await settled?.catch(() => {});
    return "closed";
  });
}
