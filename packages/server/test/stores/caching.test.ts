import { describe, expect, it } from "vitest";
import { TaggedSource } from "../support/tagged-source.ts";
import { CACHING } from "../support/test-context.ts";
import { testServer } from "../support/test-server.ts";

const source = () => new TaggedSource().put("/c/0", "chunk").put("/zarr.json", "{}");

describe("Cache-Status, RFC 9211", () => {
  it("§2.2 and §2.5: says that a request went on, and that the answer is kept", async () => {
    const { ask } = testServer(source());
    expect((await ask("/c/0")).headers.get("cache-status")).toBe("zarr-cache; fwd=miss; stored");
  });

  it("§2.1 and §2.4: says that it was a hit, from where, and for how long it is fresh", async () => {
    const { ask, clock } = testServer(source(), { store: { maxAge: "10s" } });
    await ask("/c/0");
    clock.advance(3500);
    expect((await ask("/c/0")).headers.get("cache-status")).toBe("zarr-cache; hit; ttl=6; detail=memory");
  });

  it("§2.4: says how long a stale answer has been so", async () => {
    const tagged = source();
    const { ask, clock } = testServer(tagged, { store: { maxAge: "10s" } });
    await ask("/c/0");
    clock.advance(15_000);
    tagged.failWith("away", 503);
    const answer = await ask("/c/0");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-status")).toBe("zarr-cache; hit; ttl=-5; detail=memory");
  });

  it("§2.6: says that a request waited for another's", async () => {
    const tagged = source();
    const { ask } = testServer(tagged);
    const both = await Promise.all([ask("/c/0"), ask("/c/0")]);
    expect(both.map(({ headers }) => headers.get("cache-status"))).toEqual([
      "zarr-cache; fwd=miss; stored",
      "zarr-cache; fwd=miss; collapsed",
    ]);
    expect(tagged.reads).toHaveLength(1);
  });
});

describe("Age and Cache-Control, RFC 9111", () => {
  it("§5.1: an answer of the source has no age, a cached one counts from when the source was asked", async () => {
    const { ask, clock } = testServer(source());
    expect((await ask("/c/0")).headers.get("age")).toBeNull();
    clock.advance(4999);
    expect((await ask("/c/0")).headers.get("age")).toBe("4");
  });

  it("§4.2: max-age counts from the same moment as Age, so that a client keeps what is left", async () => {
    const { ask, clock } = testServer(source(), { store: { maxAge: "1m" } });
    await ask("/zarr.json");
    clock.advance(20_000);
    const { headers } = await ask("/zarr.json");
    expect(headers.get("age")).toBe("20");
    expect(headers.get("cache-control")).toBe("public, max-age=60, no-transform");
    expect(headers.get("cdn-cache-control")).toBe("max-age=60");
  });

  it("§5.2.2.1: the operator's bounds for clients and networks are kept", async () => {
    const caching = { ...CACHING, clientMaxAge: 300_000, cdnMaxAge: 3_600_000 };
    const { ask } = testServer(source(), { served: { caching } });
    const { headers } = await ask("/c/0");
    expect(headers.get("cache-control")).toBe("public, max-age=300, no-transform");
    expect(headers.get("cdn-cache-control")).toBe("max-age=3600");
  });

  it("§5.2.2.7: what needs a token is kept by its client alone", async () => {
    const { ask } = testServer(source(), { served: { caching: { ...CACHING, public: false } } });
    const { headers } = await ask("/zarr.json");
    expect(headers.get("cache-control")).toBe("private, max-age=300, no-transform");
    expect(headers.get("cdn-cache-control")).toBe("no-store");
  });

  it("what is stale need not be kept", async () => {
    const tagged = source();
    const { ask, clock } = testServer(tagged, { store: { maxAge: "10s" } });
    await ask("/c/0");
    clock.advance(15_000);
    tagged.failWith("away");
    const { headers } = await ask("/c/0");
    expect(headers.get("age")).toBe("15");
    expect(headers.get("cache-control")).toBe("public, max-age=15, no-transform");
  });

  it("that a key is missing is kept as long as the store keeps it", async () => {
    const { ask, clock } = testServer(source());
    expect((await ask("/c/9")).headers.get("cache-control")).toBe("public, max-age=60, no-transform");
    clock.advance(10_000);
    const { headers } = await ask("/c/9");
    expect(headers.get("age")).toBe("10");
    expect(headers.get("cache-control")).toBe("public, max-age=60, no-transform");
  });
});

describe("immutable, RFC 8246", () => {
  it("is said of chunks that the operator says never change, and of nothing else", async () => {
    const { ask } = testServer(source(), { served: { caching: { ...CACHING, immutable: true } } });
    expect((await ask("/c/0")).headers.get("cache-control")).toBe(
      "public, max-age=31536000, no-transform, immutable",
    );
    expect((await ask("/zarr.json")).headers.get("cache-control")).not.toContain("immutable");
    expect((await ask("/c/9")).headers.get("cache-control")).not.toContain("immutable");
  });

  it("is said of chunks that the source says never change", async () => {
    const tagged = source();
    tagged.freshness = { age: 0, freshFor: 31_536_000_000, immutable: true };
    const { ask } = testServer(tagged, { store: { maxAge: "source" } });
    for (let time = 0; time < 2; time++)
      expect((await ask("/c/0")).headers.get("cache-control")).toContain(", immutable");
  });

  it("is not said of what is merely kept for ever", async () => {
    const { ask } = testServer(source());
    expect((await ask("/c/0")).headers.get("cache-control")).toBe("public, max-age=31536000, no-transform");
  });
});
