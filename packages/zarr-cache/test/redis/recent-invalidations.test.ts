import { describe, expect, it } from "vitest";
import { RecentInvalidations } from "../../src/redis/recent-invalidations.ts";

function remember() {
  let now = 0;
  const recent = new RecentInvalidations(() => now);
  const drop = (path: string, storeId = "s") => recent.dropped(storeId, path, recent.dropping(storeId, path));
  const owed = () => recent.owed().map(({ storeId, path }) => `${storeId}${path}`);
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { recent, drop, owed, pass };
}

describe("RecentInvalidations", () => {
  it("owes nothing while the servers live, and each path once when they do not", () => {
    const { recent, drop, owed } = remember();
    for (const path of ["/a", "/b", "/a"]) drop(path);
    expect(owed()).toEqual([]);
    recent.owe();
    expect(owed()).toEqual(["s/a", "s/b"]);
  });

  it("owes a path until it was dropped from beginning to end", () => {
    const { recent, drop, owed } = remember();
    for (const path of ["/a", "/b"]) drop(path);
    recent.owe();
    drop("/a");
    recent.dropping("s", "/b");
    expect(owed()).toEqual(["s/b"]);
    drop("/b");
    expect(owed()).toEqual([]);
  });

  it("owes what was being dropped while the servers ended", () => {
    const { recent, owed } = remember();
    const life = recent.dropping("s", "/a");
    recent.owe();
    recent.dropped("s", "/a", life);
    expect(owed()).toEqual(["s/a"]);
  });

  it("forgets what is old when the servers are heard, however long they were away, but not what is owed", () => {
    const { recent, drop, owed, pass } = remember();
    drop("/a");
    pass(60_000);
    drop("/b");
    recent.settle();
    recent.owe();
    expect(owed()).toEqual(["s/b"]);
    pass(60_000);
    recent.settle();
    expect(owed()).toEqual(["s/b"]);
  });

  it("forgets a store again, unless its id was bound since", () => {
    const { recent, drop } = remember();
    const forgotten = () => recent.owed().filter(({ isForgotten }) => isForgotten);
    drop("/");
    for (const storeId of ["s", "t"]) recent.dropped(storeId, "/", recent.dropping(storeId, "/", true));
    drop("/", "s");
    drop("/", "u");
    recent.owe();
    expect(forgotten().map(({ storeId }) => storeId)).toEqual(["s", "t"]);
    for (const storeId of ["t", "u", "v"]) recent.bound(storeId);
    expect(forgotten().map(({ storeId }) => storeId)).toEqual(["s"]);
    for (let i = 0; i < 1000; i++) drop(`/${i}`, "s");
    expect(forgotten().map(({ storeId, path }) => storeId + path)).toEqual(["s/"]);
  });

  it("forgets a store that is being forgotten while what was dropped before grows old", () => {
    const { recent, drop, pass } = remember();
    drop("/");
    pass(9_000);
    const life = recent.dropping("s", "/", true);
    pass(9_000);
    recent.settle();
    recent.dropped("s", "/", life);
    recent.owe();
    expect(recent.owed()).toMatchObject([{ storeId: "s", path: "/", isForgotten: true }]);
  });

  it("owes stores whole where the paths are too many", () => {
    const { recent, drop, owed } = remember();
    drop("/first", "s0");
    recent.owe();
    for (let i = 0; i < 1000; i++) drop(`/${i}`, `s${i % 2}`);
    expect(owed()).toEqual(["s0/"]);
    recent.owe();
    expect(owed().slice(0, 2)).toEqual(["s0/", "s1/"]);
    expect(owed().length).toBeLessThan(5);
  });
});
