import { expect, it } from "vitest";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

it("keeps only what the user wants to keep", async () => {
  const source = countingSource(
    plainSource(
      new Map([
        ["/yes", counted(3)],
        ["/no", counted(4)],
      ]),
    ),
  );
  const { store } = cached(source, { shouldCache: (key) => key !== "/no" });
  for (let i = 0; i < 3; i++) {
    expect(await store.get("/yes")).toEqual(counted(3));
    expect(await store.get("/no")).toEqual(counted(4));
    await store.idle();
  }
  expect(source.countOf("/yes")).toBe(1);
  expect(source.countOf("/no")).toBe(3);
  expect(store.stats().tiers[0]?.refusals["unwanted"]).toBeGreaterThan(0);
});

it("is told the key, the value or that there is none, and what it cost", async () => {
  const told: unknown[] = [];
  const { store } = cached(new Map([["/a", counted(3)]]), {
    shouldCache: (key, value, cost) => {
      told.push([key, value, cost >= 0]);
      return true;
    },
  });
  await store.get("/a");
  await store.get("/missing");
  await store.idle();
  expect(told).toEqual([
    ["/a", counted(3), true],
    ["/missing", undefined, true],
  ]);
});

it("never makes a read fail, even if it throws", async () => {
  const { store, storage } = cached(new Map([["/a", counted(3)]]), {
    shouldCache: () => {
      throw new Error("mistake");
    },
  });
  const faults: unknown[] = [];
  store.on("fault", (fault) => faults.push(fault.operation));
  expect(await store.get("/a")).toEqual(counted(3));
  await store.idle();
  expect(faults).toEqual(["shouldCache"]);
  expect((await storage.usage()).entries).toBe(0);
});

it("does not make readers queue for what is not wanted", async () => {
  const source = countingSource(plainSource(new Map([["/no", counted(4)]])));
  const { store, indexFaults } = cached(source, { shouldCache: () => false });
  await store.get("/no");
  await store.idle();
  await store.get("/no");
  await store.get("/no");
  expect(indexFaults.calls("settled")).toBe(0);
});
