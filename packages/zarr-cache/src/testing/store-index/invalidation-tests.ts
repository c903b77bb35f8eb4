import { isUnder } from "../../key.ts";
import { check, equal, inState } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import {
  ANY_AGE,
  drain,
  facts,
  fill,
  isVisible,
  range,
  reservation,
  take,
  visibleKeys,
  whole,
} from "./steps.ts";

const KEYS = ["/a", "/a/b", "/a/b/c", "/a/c", "/a.b", "/a0", "/ab", "/ab/c", "/b", "/b/a", "/zarr.json"];
const PATHS = ["/", "/a", "/a/", "/a/b", "/a/b/", "/ab", "/b/a", "/b/", "/c", "/zarr.json"];

/** Entries and claims of a path go in one step; what began before never becomes visible after. */
export function invalidationTests(test: IndexTestDeclaration): void {
  for (const path of PATHS)
    test(`invalidate ${path} removes what is under it and nothing else`, async ({ index }) => {
      await fill(index, range("/a/b", 0, 8), { size: 8 });
      for (const key of KEYS) await fill(index, whole(key), { size: 100 });
      await fill(index, whole("/a", "t"), { size: 100 });
      const left = KEYS.filter((key) => !isUnder(key, path));
      await index.invalidate("s", path);
      equal(await visibleKeys(index, KEYS), left, "visible keys");
      equal(await isVisible(index, range("/a/b", 0, 8)), !isUnder("/a/b", path), "a range is visible");
      check(await isVisible(index, whole("/a", "t")), "another store's entry stays");
      await drain(index);
      equal(await visibleKeys(index, KEYS), left, "visible keys after the bytes are gone");
      const listed = (await index.entries({ storeId: "s", limit: 100 })).entries;
      equal([...new Set(listed.map(({ key }) => key))].sort(), [...left].sort(), "listed keys");
      equal((await index.usage("s")).entries, listed.length, "entries of the store");
    });

  test("invalidate removes all parts of a key", async ({ index }) => {
    const parts = [
      range("/a", 0, 8),
      range("/a", 8, 8),
      { storeId: "s", key: "/a", range: { suffixLength: 8 } },
      whole("/a"),
    ];
    for (const part of parts) await fill(index, part, { size: 8 });
    await index.invalidate("s", "/a");
    for (const part of parts) equal(await index.peek(part), undefined, "a part of the key");
    equal((await drain(index)).length, parts.length, "condemned names");
    equal((await index.usage()).bytes, 0, "bytes after they were freed");
  });

  test("invalidate leaves the charge until the names are freed", async ({ index }) => {
    await fill(index, whole("/a"));
    await fill(index, whole("/b"));
    const { bytes } = await index.usage();
    await index.invalidate("s", "/");
    equal((await index.usage()).bytes, bytes, "bytes after invalidate");
    await drain(index);
    equal((await index.usage()).bytes, 0, "bytes after free");
  });

  for (const path of ["/", "/a", "/a/", "/a/b"])
    test(`a fill that began before invalidate ${path} never becomes visible`, async ({ index }) => {
      const part = whole("/a/b");
      const claimed = await take(index, part);
      await index.invalidate("s", path);
      check((await index.reserve(claimed, reservation())) === "lost", "reserve after invalidate is lost");
      check(!(await index.commit(claimed, facts())), "commit after invalidate is false");
      check(!(await isVisible(index, part)), "nothing is visible");

      const reserved = await take(index, part);
      await index.reserve(reserved, reservation());
      await index.invalidate("s", path);
      check(!(await index.commit(reserved, facts())), "commit of a reservation is false after invalidate");
      check(!(await isVisible(index, part)), "nothing is visible");
      equal((await index.usage()).claims, 0, "live claims");
      await index.release(reserved);
      equal(
        await drain(index),
        [reserved.token],
        "the reservation is condemned once its holder has released",
      );
      equal((await index.usage()).bytes, 0, "bytes after free");
    });

  test("invalidate spares the claims beside its path", async ({ index }) => {
    const claim = await take(index, whole("/ab"));
    const other = await take(index, whole("/a", "t"));
    await index.invalidate("s", "/a");
    for (const ref of [claim, other]) {
      await index.reserve(ref, reservation());
      check(await index.commit(ref, facts()), "commit holds");
    }
  });

  test("a part can be claimed at once after invalidate", async ({ index }) => {
    const old = await take(index, whole("/a"));
    await index.invalidate("s", "/a");
    const claim = await take(index, whole("/a"));
    check(claim.token !== old.token, "the new claim has a token of its own");
    inState(await index.claim(whole("/a"), ANY_AGE), "wait", "a third claim");
    await index.reserve(claim, reservation());
    check(await index.commit(claim, facts()), "commit of the new claim holds");
  });

  test("what is filled after invalidate survives its clean-up", async ({ index }) => {
    for (const path of ["/", "/a/", "/a", "/"]) {
      for (let i = 0; i < 20; i++) await fill(index, whole(`/a/${i}`), { size: 100 });
      await index.invalidate("s", path);
      const token = await fill(index, whole("/a/3"), { size: 100 });
      const part = await fill(index, range("/a/4", 0, 8), { size: 8 });
      await drain(index);
      equal((await index.peek(whole("/a/3")))?.token, token, `entry made after invalidate ${path}`);
      equal((await index.peek(range("/a/4", 0, 8)))?.token, part, `range made after invalidate ${path}`);
      equal((await index.usage()).entries, 2, "entries");
      await index.invalidate("s", "/");
      await drain(index);
    }
    equal((await index.usage()).bytes, 0, "bytes at the end");
  });

  test("invalidate lifts nothing that is not there", async ({ index }) => {
    await index.invalidate("never-seen", "/");
    await index.invalidate("s", "/a");
    equal((await index.usage()).bytes, 0, "bytes");
    await fill(index, whole("/a"));
  });

  test("invalidate of many entries takes effect at once", async ({ index }) => {
    for (let i = 0; i < 500; i++) await fill(index, whole(`/a/${i}`), { size: 10, footprint: 10 });
    await fill(index, whole("/b"), { size: 10 });
    await index.invalidate("s", "/a");
    for (const i of [0, 250, 499]) check(!(await isVisible(index, whole(`/a/${i}`))), `/a/${i} is gone`);
    check(await isVisible(index, whole("/b")), "/b stays");
    equal((await drain(index)).length, 500, "condemned names");
    equal((await index.usage()).entries, 1, "entries");
  });
}
