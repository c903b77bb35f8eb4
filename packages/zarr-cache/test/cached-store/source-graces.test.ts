import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import type { SourceFreshness } from "../../src/index.ts";
import type { CachedStoreOptions } from "../../src/store/store-options.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const [OLD, NEW] = [counted(10), counted(10, 50)];
const MINUTE = 60_000;

/** A store that has read `/c/0`, which was then fresh for a second, as its source says. */
async function setUp(freshness: Partial<SourceFreshness>, options: CachedStoreOptions = {}) {
  const source = new VersionedSource().put("/c/0", OLD).put("/zarr.json", OLD);
  source.facts = { freshness: { age: 0, freshFor: 1000, ...freshness } };
  const made = cached(source, { maxAge: "source", ...options });
  const { store, clock } = made;
  await store.get("/c/0");
  await store.idle();
  source.taken();
  /** What a read gives so long past the age: with what was asked behind it. */
  const past = async (milliseconds: number) => {
    clock.set(begin + 1000 + milliseconds - 1);
    const value = await store.get("/c/0").catch(() => "failed" as const);
    await store.idle();
    return value;
  };
  const begin = clock.now();
  return { ...made, source, past };
}

describe("stale-while-revalidate of the source (RFC 5861 §3)", () => {
  it("lets a copy past its age be given while it is asked about behind the answer, and no longer", async () => {
    const { source, past } = await setUp({ staleWhileRevalidate: MINUTE });
    source.put("/c/0", NEW);
    expect(await past(MINUTE)).toEqual(OLD);
    expect(source.taken()).toHaveLength(1);
    expect(await past(MINUTE)).toEqual(NEW);
    expect(source.taken()).toHaveLength(0);
  });

  it("ends to the millisecond", async () => {
    const { source, past } = await setUp({ staleWhileRevalidate: MINUTE });
    source.put("/c/0", NEW);
    expect(await past(MINUTE + 1)).toEqual(NEW);
  });

  it("counts in place of the store's own, longer or shorter", async () => {
    for (const [told, own] of [
      [0, MINUTE],
      [MINUTE, 0],
    ] as const) {
      const { source, past } = await setUp({ staleWhileRevalidate: told }, { staleWhileRevalidate: own });
      source.put("/c/0", NEW);
      expect(await past(2)).toEqual(told > 0 ? OLD : NEW);
    }
  });

  it("is the store's own where the source does not say, and where the source is not asked for ages", async () => {
    const untold = await setUp({}, { staleWhileRevalidate: MINUTE });
    untold.source.put("/c/0", NEW);
    expect(await untold.past(MINUTE)).toEqual(OLD);
    const own = await setUp({ staleWhileRevalidate: MINUTE }, { maxAge: 1000 });
    own.source.put("/c/0", NEW);
    expect(await own.past(2)).toEqual(NEW);
  });
});

describe("stale-if-error of the source (RFC 5861 §4)", () => {
  it("lets a copy past its age be given when the source fails, and no longer", async () => {
    const { source, past } = await setUp({ staleIfError: MINUTE });
    source.failure = new Error("down");
    expect(await past(MINUTE)).toEqual(OLD);
    expect(await past(MINUTE + 1)).toBe("failed");
  });

  it("counts in place of the store's own, which is a day", async () => {
    const shorter = await setUp({ staleIfError: 0 });
    shorter.source.failure = new Error("down");
    expect(await shorter.past(2)).toBe("failed");
    const longer = await setUp({ staleIfError: 60 * MINUTE }, { staleIfError: MINUTE });
    longer.source.failure = new Error("down");
    expect(await longer.past(60 * MINUTE)).toEqual(OLD);
    const untold = await setUp({});
    untold.source.failure = new Error("down");
    expect(await untold.past(24 * 60 * MINUTE)).toEqual(OLD);
  });

  it("is no shorter than what may be given while the source is well", async () => {
    const { source, past } = await setUp({ staleWhileRevalidate: MINUTE, staleIfError: 0 });
    source.failure = new Error("down");
    expect(await past(MINUTE)).toEqual(OLD);
  });
});

describe("must-revalidate of the source (RFC 9111 §5.2.2.2)", () => {
  const options = { staleWhileRevalidate: MINUTE, staleIfError: "1d" } as const;

  it("forbids any answer past its age without asking, whatever the store and the source allow beside it", async () => {
    const told = { mustRevalidate: true, staleWhileRevalidate: MINUTE, staleIfError: MINUTE };
    const changed = await setUp(told, options);
    changed.source.put("/c/0", NEW);
    expect(await changed.past(2)).toEqual(NEW);
    const down = await setUp(told, options);
    expect(await down.past(0)).toEqual(OLD);
    down.source.failure = new Error("down");
    expect(await down.past(2)).toBe("failed");
    expect(down.store.stats()).toMatchObject({ failures: 1 });
  });

  it("holds where the source does not say how long, past the default age", async () => {
    const source = new VersionedSource().put("/zarr.json", OLD);
    source.facts = { freshness: { age: 0, mustRevalidate: true } };
    const { store, clock } = cached(source, { maxAge: "source" });
    await store.get("/zarr.json");
    await store.idle();
    source.failure = new Error("down");
    clock.advance(300_000);
    expect(await store.get("/zarr.json")).toEqual(OLD);
    clock.advance(1);
    await expect(store.get("/zarr.json")).rejects.toThrow("down");
  });

  it("is of another answer once the source has said that a copy holds", async () => {
    const { source, past, store, clock } = await setUp({ mustRevalidate: true }, options);
    source.facts = { freshness: { age: 0, freshFor: 1000 } };
    await past(2);
    expect(source.taken()).toMatchObject([{ status: "unchanged" }]);
    source.failure = new Error("down");
    clock.advance(2000);
    expect(await store.get("/c/0")).toEqual(OLD);
  });

  it("is known to the next process, which has only the copy", async () => {
    for (const [mustRevalidate, answer] of [
      [true, "failed"],
      [false, OLD],
    ] as const) {
      const { source, storage, clock } = await setUp({ mustRevalidate });
      const next = new CachedStore(source, "s", storage, { maxAge: "source", ...options });
      source.failure = new Error("down");
      clock.advance(1000);
      expect(await next.get("/c/0").catch(() => "failed")).toEqual(answer);
    }
  });
});

it("lets data that go by a document be given while that is asked about, as its source allows", async () => {
  const document = new TextEncoder().encode(JSON.stringify({ zarr_format: 3, node_type: "array" }));
  const source = new VersionedSource().put("/zarr.json", document).put("/c/0", OLD);
  const maxAge = { metadata: "source", data: "dataset" } as const;
  const { store, clock } = cached(source, { maxAge });
  const read = async () => {
    const value = await store.get("/c/0");
    const waitedFor = source.taken().length;
    await store.idle();
    return { value, waitedFor, behind: source.taken().map(({ key }) => key) };
  };
  for (const [staleWhileRevalidate, asked] of [
    [MINUTE, { waitedFor: 0, behind: ["/zarr.json"] }],
    [0, { waitedFor: 1, behind: [] }],
  ] as const) {
    source.facts = { freshness: { age: 0, freshFor: 5 * MINUTE, staleWhileRevalidate } };
    await store.refresh();
    await store.get("/zarr.json");
    await read();
    clock.advance(5 * MINUTE + 1);
    expect(await read()).toEqual({ value: OLD, ...asked });
  }
});
