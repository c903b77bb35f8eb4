import { describe, expect, it } from "vitest";
import { RecentInvalidations } from "../../src/redis/recent-invalidations.ts";

describe("RecentInvalidations", () => {
  it("tells each path once, and not again what is dropped again meanwhile", () => {
    const recent = new RecentInvalidations(() => 0);
    for (const path of ["/a", "/b", "/a"]) recent.add("s", path);
    const dropped: string[] = [];
    for (const { storeId, path } of recent.all()) {
      dropped.push(path);
      if (dropped.length > 2) break;
      recent.add(storeId, path);
    }
    expect(dropped).toEqual(["/a", "/b"]);
    expect(recent.all()).toHaveLength(2);
  });

  it("forgets what is old when the servers are heard, however long they were away", () => {
    let now = 0;
    const recent = new RecentInvalidations(() => now);
    recent.add("s", "/a");
    now = 60_000;
    expect(recent.all()).toMatchObject([{ path: "/a" }]);
    recent.add("s", "/b");
    recent.settle();
    expect(recent.all()).toMatchObject([{ path: "/b" }]);
  });

  it("tells stores whole where the paths are too many", () => {
    const recent = new RecentInvalidations(() => 0);
    for (let i = 0; i < 1001; i++) recent.add(`s${i % 2}`, `/${i}`);
    expect(recent.all()).toMatchObject([
      { storeId: "s0", path: "/" },
      { storeId: "s1", path: "/" },
    ]);
  });
});
