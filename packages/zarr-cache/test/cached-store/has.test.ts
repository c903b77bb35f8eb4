import { expect, it } from "vitest";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

it("is answered by a fresh entry without asking anybody", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(3)]])));
  const { store } = cached(source);
  await store.get("/a");
  await store.get("/missing");
  expect(await store.has("/a")).toBe(true);
  expect(await store.has("/missing")).toBe(false);
  expect(source.requests).toHaveLength(2);
});

it("is answered by the source once the entry is past its age", async () => {
  const values = new Map([["/a", counted(3)]]);
  const { store, clock } = cached(values, { maxAge: 1000 });
  await store.get("/a");
  values.delete("/a");
  clock.advance(1000);
  expect(await store.has("/a")).toBe(true);
  clock.advance(1);
  expect(await store.has("/a")).toBe(false);
});

it("reads the value where the source has no has(), so that the next read is a hit", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(3)]])));
  const { store } = cached(source);
  expect(await store.has("/a")).toBe(true);
  expect(await store.has("/b")).toBe(false);
  await store.get("/a");
  expect(source.requests).toHaveLength(2);
});

it("follows writes at once", async () => {
  const { store } = cached(new Map());
  expect(await store.has("/a")).toBe(false);
  await store.set("/a", counted(1));
  expect(await store.has("/a")).toBe(true);
  await store.delete("/a");
  expect(await store.has("/a")).toBe(false);
});

it("is not answered yes by a range", async () => {
  const values = new Map([["/a", counted(10)]]);
  const { store } = cached(plainSource(values));
  await store.getRange("/a", { offset: 0, length: 2 });
  values.clear();
  expect(await store.has("/a")).toBe(false);
});
