import { describe, expect, it } from "vitest";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

describe("by default", () => {
  it("a reader's change is seen by nobody else", async () => {
    const { store } = cached(plainSource(new Map([["/a", counted(4)]])));
    for (let i = 0; i < 3; i++) {
      const value = await store.get("/a");
      expect(value).toEqual(counted(4));
      value?.fill(99);
      const range = await store.getRange("/a", { offset: 1, length: 2 });
      expect(range).toEqual(counted(2, 1));
      range?.fill(98);
    }
  });

  it("a reader's change does not reach the source", async () => {
    const values = new Map([["/a", counted(4)]]);
    const { store } = cached(values);
    (await store.get("/a"))?.fill(99);
    expect(values.get("/a")).toEqual(counted(4));
  });

  it("a source that goes on writing to what it handed out does not change the copy", async () => {
    const values = new Map([["/a", counted(4)]]);
    const { store } = cached(values);
    await store.get("/a");
    values.get("/a")?.fill(99);
    expect(await store.get("/a")).toEqual(counted(4));
  });

  it("a writer who goes on writing to what was set changes neither the source nor the copy", async () => {
    const values = new Map([["/a", counted(4)]]);
    const { store } = cached(values);
    await store.get("/a");
    const mine = counted(4, 50);
    const writing = store.set("/a", mine);
    mine.fill(99);
    await writing;
    mine.fill(99);
    expect(values.get("/a")).toEqual(counted(4, 50));
    expect(await store.get("/a")).toEqual(counted(4, 50));
  });

  it("a source that goes on writing to what was set does not change the copy", async () => {
    const values = new Map([["/a", counted(4)]]);
    const { store } = cached(values);
    await store.get("/a");
    await store.set("/a", counted(4, 50));
    values.get("/a")?.fill(99);
    expect(await store.get("/a")).toEqual(counted(4, 50));
  });

  it("a set of part of a larger buffer writes that part alone", async () => {
    const values = new Map<string, Uint8Array>();
    const { store } = cached(values);
    await store.set("/a", counted(32).subarray(8, 12));
    expect(values.get("/a")?.buffer.byteLength).toBe(4);
    expect(values.get("/a")).toEqual(counted(4, 8));
  });
});

describe('with isolation: "shared"', () => {
  it("readers of memory get the very bytes that are kept", async () => {
    const { store } = cached(plainSource(new Map([["/a", counted(4)]])), { isolation: "shared" });
    await store.get("/a");
    await store.idle();
    const [one, other] = [await store.get("/a"), await store.get("/a")];
    expect(one).toEqual(counted(4));
    expect(other).toBe(one);
  });

  it("a store over a source that can be written to is refused", () => {
    expect(() => cached(new Map(), { isolation: "shared" })).toThrow(/isolation.*can be written to/);
  });
});
