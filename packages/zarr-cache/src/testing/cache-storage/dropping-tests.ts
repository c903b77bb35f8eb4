import { isUnder } from "../../key.ts";
import { check, equal, inState, rejects } from "../check.ts";
import { chunk, holds, lacks, range, type StorageTestDeclaration, takeFill, whole } from "./fixture.ts";

const KEYS = ["/a", "/a/b", "/a/b/c", "/ab", "/b", "/b/a"];

/** Invalidation wins: whatever began before it never becomes visible after. */
export function droppingTests(test: StorageTestDeclaration): void {
  for (const path of ["/", "/a", "/a/", "/a/b", "/b/"])
    test(`invalidate ${path} drops what is under it and nothing else`, async ({ storage }) => {
      for (const [i, key] of KEYS.entries()) await storage.put(whole(key), chunk(i, 100));
      await storage.put(whole("/a", "t"), chunk(9, 100));
      await storage.idle();
      await storage.invalidate("s", path);
      for (const [i, key] of KEYS.entries())
        if (isUnder(key, path)) await lacks(storage, whole(key), `after invalidate ${path}`);
        else await holds(storage, whole(key), chunk(i, 100));
      await holds(storage, whole("/a", "t"), chunk(9, 100));
    });

  test("delete drops all parts of one key", async ({ storage }) => {
    await storage.put(range("/a", 0, 8), chunk(1, 8));
    await storage.put(whole("/a"), chunk(2));
    await storage.put(whole("/a/b"), chunk(3));
    await storage.idle();
    await storage.delete("s", "/a");
    await lacks(storage, whole("/a"), "after delete");
    await lacks(storage, range("/a", 0, 8), "after delete");
    await holds(storage, whole("/a/b"), chunk(3));
    await storage.idle();
    equal((await storage.usage()).entries, 1, "entries");
  });

  test("delete of what is not cached is no error", async ({ storage }) => {
    await storage.delete("s", "/a");
    await storage.invalidate("never-seen", "/");
    await storage.deleteStore("never-seen");
  });

  for (const how of ["invalidate", "delete", "deleteStore", "openWrite"] as const)
    test(`a fill that began before ${how} does not become visible`, async ({ storage }) => {
      const part = whole("/a");
      const fill = await takeFill(storage, part);
      if (how === "invalidate") await storage.invalidate("s", "/");
      else if (how === "delete") await storage.delete("s", "/a");
      else if (how === "deleteStore") await storage.deleteStore("s");
      else await (await storage.openWrite("s", "/a")).close();
      check(fill.signal.aborted, "the signal of the fill is aborted");
      equal(await fill.commit(chunk(1)), false, "commit");
      await lacks(storage, part, `after ${how}`);
      check(await storage.put(part, chunk(2)), "a new fill is kept");
      await storage.idle();
      await holds(storage, part, chunk(2));
    });

  test("those who wait for a fill that is revoked look again", async ({ storage }) => {
    const fill = await takeFill(storage, whole("/a"));
    const wait = inState(await storage.claim(whole("/a")), "wait", "a second claim");
    const settled = wait.settled();
    await storage.invalidate("s", "/a");
    equal(await settled, { state: "look" }, "what the waiter learns");
    await fill.fail(new Error("too late"));
    await (await takeFill(storage, whole("/a"))).commit(chunk(1));
  });

  test("nothing becomes visible while a write is open", async ({ storage }) => {
    await storage.put(whole("/a"), chunk(1));
    await storage.idle();
    const write = await storage.openWrite("s", "/a");
    await lacks(storage, whole("/a"), "while a write is open");
    equal(await storage.put(whole("/a"), chunk(1)), false, "put");
    const claim = await storage.claim(whole("/a"));
    check(claim.state !== "hit", "claim is no hit");
    if (claim.state === "fill") equal(await claim.commit(chunk(1)), false, "commit");
    await write.close();
    await lacks(storage, whole("/a"), "after the write");
  });

  test("written bytes are kept where a copy existed", async ({ storage }) => {
    await storage.put(whole("/a"), chunk(1));
    await storage.put(range("/a", 0, 8), chunk(1, 8));
    await storage.idle();
    await (await storage.openWrite("s", "/a")).close(chunk(2));
    await storage.idle();
    await holds(storage, whole("/a"), chunk(2));
    await holds(storage, range("/a", 0, 8), chunk(2).slice(0, 8));
  });

  test("written bytes are not kept where no copy existed", async ({ storage }) => {
    await (await storage.openWrite("s", "/a")).close(chunk(2));
    await storage.idle();
    await lacks(storage, whole("/a"), "after a write");
  });

  test("written bytes are not kept when two writes overlapped", async ({ storage }) => {
    await storage.put(whole("/a"), chunk(1));
    await storage.idle();
    const [first, second] = [await storage.openWrite("s", "/a"), await storage.openWrite("s", "/a")];
    await first.close(chunk(2));
    await second.close(chunk(3));
    await storage.idle();
    await lacks(storage, whole("/a"), "after two writes");
    check(await storage.put(whole("/a"), chunk(4)), "a fill afterwards is kept");
  });

  test("deleteStore drops a store and frees its id", async ({ storage }) => {
    await storage.bind("s", "https://a");
    await rejects(() => storage.bind("s", "https://b"), "bind to another source", "StoreIdConflictError");
    await storage.bind("s", undefined);
    for (const key of KEYS) await storage.put(whole(key), chunk(1, 100));
    await storage.put(whole("/a", "t"), chunk(2, 100));
    await storage.idle();
    await storage.deleteStore("s");
    for (const key of KEYS) await lacks(storage, whole(key), "after deleteStore");
    await holds(storage, whole("/a", "t"), chunk(2, 100));
    await storage.bind("s", "https://b");
    await storage.idle();
    await storage.sweep();
    equal((await storage.usage("s")).bytes, 0, "bytes of the store");
  });

  test("closeStore ends the fills of one store and keeps its entries", async ({ storage }) => {
    await storage.put(whole("/kept"), chunk(1));
    await storage.idle();
    const fill = await takeFill(storage, whole("/a"));
    const other = await takeFill(storage, whole("/a", "t"));
    await storage.closeStore("s");
    check(fill.signal.aborted, "the signal of its fill is aborted");
    equal(await fill.commit(chunk(2)), false, "commit of its fill");
    equal(other.signal.aborted, false, "the signal of another store's fill");
    check(await other.commit(chunk(3)), "commit of another store's fill");
    await storage.idle();
    await holds(storage, whole("/kept"), chunk(1));
    check(await storage.put(whole("/a"), chunk(4)), "the store can be filled again");
  });

  test("a listener is told what was dropped, until it is stopped", async ({ storage }) => {
    const told: string[] = [];
    const stop = storage.on("invalidate", ({ storeId, path }) => told.push(`${storeId} ${path}`));
    await storage.invalidate("s", "/a/");
    await storage.delete("s", "/b");
    await storage.deleteStore("t");
    await (await storage.openWrite("s", "/w")).close();
    equal([...new Set(told)], ["s /a/", "s /b", "t /", "s /w"], "what was told");
    stop();
    const { length } = told;
    await storage.invalidate("s", "/");
    equal(told.length, length, "number of calls after it was stopped");
  });
}
