import { expect, it } from "vitest";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";

it("answers every reader with the stale value while one fetches anew", async () => {
  const source = gatedSource();
  const { store, clock } = cached(source, { maxAge: 1000, staleWhileRevalidate: 60_000 });
  const first = store.get("/k");
  (await source.arrived(0)).resolve(counted(3));
  await first;
  await store.idle();
  clock.advance(2000);
  for (let i = 0; i < 5; i++) expect(await store.get("/k")).toEqual(counted(3));
  const refresh = await source.arrived(1);
  for (let i = 0; i < 5; i++) expect(await store.get("/k")).toEqual(counted(3));
  expect(source.reads).toHaveLength(2);
  refresh.resolve(counted(4));
  await store.idle();
  expect(await store.get("/k")).toEqual(counted(4));
  expect(store.stats().stale).toBe(10);
});
