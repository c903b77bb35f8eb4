import { check, equal, present } from "../check.ts";
import { CHUNK, chunk, holds, range, type StorageTestDeclaration, takeFill, whole } from "./fixture.ts";

/** What is known without a use, and what stays until it is let go of. */
export function pinningTests(test: StorageTestDeclaration): void {
  test("peek tells what is cached, without its bytes", async ({ storage, clock }) => {
    equal(await storage.peek(whole("/a")), undefined, "peek of what is not there");
    await storage.put(whole("/a"), chunk(1), { validator: '"v"', cost: 7 });
    await storage.put(whole("/m"), undefined);
    await storage.idle();
    clock.advance(50);
    const { missing, size, age, validator, cost } = present(await storage.peek(whole("/a")), "peek");
    equal(
      { missing, size, age, validator, cost },
      { missing: false, size: CHUNK, age: 50, validator: '"v"', cost: 7 },
      "facts",
    );
    equal((await storage.peek(range("/a", 0, 8)))?.whole, true, "whole of a range");
    equal((await storage.peek(whole("/m")))?.missing, true, "missing of a missing key");
  });

  test("what is pinned stays, whatever comes, until it is unpinned", async ({ storage }) => {
    for (const key of ["/a", "/b"]) await storage.put(whole(key), chunk(1), { cost: 0.001 });
    await storage.idle();
    equal(await storage.pin(whole("/a")), "pinned", "pin");
    equal(await storage.pin(whole("/a")), "pinned", "pin again");
    equal(await storage.pin(whole("/never")), "absent", "pin of what is not there");
    const fillUp = async (from: number) => {
      for (let i = from; i < from + 30; i++) await storage.put(whole(`/${i}`), chunk(i), { cost: 1e6 });
      await storage.idle();
    };
    await fillUp(0);
    await holds(storage, whole("/a"), chunk(1));
    equal(await storage.has(whole("/b")), false, "what was not pinned is there");
    equal(await storage.unpin(whole("/a")), true, "unpin");
    equal(await storage.unpin(whole("/never")), false, "unpin of what is not there");
    await fillUp(100);
    equal(await storage.peek(whole("/a")), undefined, "what was unpinned is there");
  });

  test("a fill can pin what it brings, and no more is pinned than may be", async ({ storage }) => {
    const fill = await takeFill(storage, whole("/a"));
    check(await fill.commit(chunk(1), { purpose: "pin" }), "commit");
    await storage.idle();
    const { pinnedBytes, maxPinnedBytes } = await storage.usage();
    check(pinnedBytes >= CHUNK && pinnedBytes <= maxPinnedBytes, `${pinnedBytes} of ${maxPinnedBytes} bytes`);
    for (let i = 0; i < 9; i++) await storage.put(whole(`/${i}`), chunk(i));
    await storage.idle();
    const outcomes: string[] = [];
    for (let i = 0; i < 9; i++) outcomes.push(await storage.pin(whole(`/${i}`)));
    check(outcomes.includes("full"), `there is an end: ${outcomes.join()}`);
    const usage = await storage.usage();
    check(usage.pinnedBytes <= usage.maxPinnedBytes, `${usage.pinnedBytes} of ${usage.maxPinnedBytes} bytes`);
  });

  test("what nobody asked for goes before what somebody did", async ({ storage }) => {
    const fill = await takeFill(storage, whole("/warmed"));
    check(await fill.commit(chunk(1), { purpose: "prefetch", cost: 100 }), "commit");
    for (let i = 0; i < 10; i++) await storage.put(whole(`/${i}`), chunk(i), { cost: 100 });
    await storage.idle();
    equal(await storage.peek(whole("/warmed")), undefined, "what was prefetched");
    for (let i = 0; i < 10; i++) check(await storage.has(whole(`/${i}`)), `/${i} is there`);
  });

  test("invalidation wins over a pin", async ({ storage }) => {
    await storage.put(whole("/a"), chunk(1));
    await storage.idle();
    await storage.pin(whole("/a"));
    await storage.invalidate("s", "/a");
    equal(await storage.peek(whole("/a")), undefined, "peek");
    equal(await storage.pin(whole("/a")), "absent", "pin");
  });
}
