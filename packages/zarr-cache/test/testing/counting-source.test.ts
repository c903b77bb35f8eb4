import { describe, expect, it } from "vitest";
import { type RangeQuery, sliceRange } from "../../src/range.ts";
import { countingSource, deferred } from "../../src/testing/index.ts";

const BYTES = new Uint8Array([1, 2, 3, 4]);

describe("countingSource", () => {
  it("records reads and hands on everything else", () => {
    const source = countingSource(new Map<string, Uint8Array>([["/a", BYTES]]));
    expect(source.get("/a")).toBe(BYTES);
    source.set("/b", BYTES);
    expect([source.size, "getRange" in source, source instanceof Map]).toEqual([2, false, true]);
    expect(source.requests).toEqual([{ key: "/a", range: undefined, aborted: false }]);
    expect([source.countOf("/a"), source.countOf("/b"), source.maxInFlight]).toEqual([1, 0, 1]);
    source.forget();
    expect(source.requests).toEqual([]);
  });

  it("records ranges, how many reads were in flight, and which were aborted", async () => {
    const gate = deferred();
    const source = countingSource({
      async get(_key: string, _options?: { signal?: AbortSignal }) {
        await gate.promise;
        return BYTES;
      },
      async getRange(_key: string, range: RangeQuery, _options?: { signal?: AbortSignal }) {
        await gate.promise;
        return sliceRange(BYTES, range);
      },
    });
    const controller = new AbortController();
    const reads = [
      source.get("/a", { signal: controller.signal }),
      source.getRange("/a", { suffixLength: 2 }),
    ] as const;
    expect([source.inFlight, source.maxInFlight, source.aborted]).toEqual([2, 2, 0]);
    controller.abort();
    gate.resolve();
    expect(await reads[1]).toEqual(BYTES.slice(2));
    await reads[0];
    expect([source.inFlight, source.maxInFlight, source.aborted]).toEqual([0, 2, 1]);
    expect(source.requests[1]?.range).toEqual({ suffixLength: 2 });
  });

  it("counts a read that failed as over", async () => {
    const source = countingSource({
      get: (): Uint8Array => {
        throw new Error("no");
      },
    });
    expect(() => source.get()).toThrow("no");
    expect([source.inFlight, source.requests.length]).toEqual([0, 1]);
  });

  it("wraps a frozen object", () => {
    const source = countingSource(Object.freeze({ get: () => BYTES, identity: "it" }));
    expect([source.get(), source.identity, source.requests.length]).toEqual([BYTES, "it", 1]);
  });
});
