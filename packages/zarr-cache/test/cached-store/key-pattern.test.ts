import { describe, expect, it } from "vitest";
import { parseKeyPattern } from "../../src/store/key-pattern.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";

describe("a pattern of keys", () => {
  it.each([
    ["/t/**", "/t/", ["/t/c/0", "/t/zarr.json"], ["/t", "/tx/c/0", "/s/t/c"]],
    ["/**", "/", ["/a", "/a/b/c"], []],
    ["/**/zarr.json", "/", ["/zarr.json", "/t/zarr.json", "/a/b/zarr.json"], ["/xzarr.json", "/zarr.json/a"]],
    ["/t/c/*", "/t/c/", ["/t/c/0", "/t/c/12"], ["/t/c/0/1", "/t/c"]],
    ["/t/c/1?/*", "/t/c/", ["/t/c/10/4"], ["/t/c/1/4", "/t/c/100/4"]],
    ["/t.x/(a)", "/t.x/(a)", ["/t.x/(a)"], ["/t-x/(a)", "/t.x/a"]],
  ])("%s", (text, base, matching, others) => {
    const pattern = parseKeyPattern(text);
    expect(pattern.base).toBe(base);
    expect(matching.filter((key) => !pattern.matches(key))).toEqual([]);
    expect(others.filter((key) => pattern.matches(key))).toEqual([]);
  });

  it.each(["", "t/**", 5, null])("is refused where it is none: %j", (pattern) => {
    expect(() => parseKeyPattern(pattern)).toThrow(expect.objectContaining({ option: "pattern" }));
  });

  it("tells what to warm", async () => {
    const values = new Map(["/t/c/0", "/t/c/1", "/u/c/0", "/zarr.json"].map((key) => [key, counted(3)]));
    const source = countingSource(values);
    const { store } = cached(source);
    expect(await store.warm({ pattern: "/t/**" })).toMatchObject({ done: 2, total: 2, bytes: 6 });
    expect(source.requests.map(({ key }) => key).sort()).toEqual(["/t/c/0", "/t/c/1"]);
  });

  it("that matches nothing is refused, saying what there is", async () => {
    const { store } = cached(new Map(["/t/c/0", "/zarr.json"].map((key) => [key, counted(3)])));
    await expect(store.warm({ pattern: "/x/**" })).rejects.toThrow(/\/x\/\*\*.*\/t\/\*\*, \/zarr\.json/);
    await expect(cached(new Map()).store.warm({ pattern: "/x" })).rejects.toThrow(/no keys/);
  });
});
