import * as nodes from "@zarr-cache/nodes";
import { expect, it } from "vitest";
import { fakeClock } from "zarr-cache/testing";
import { storeResource } from "../../src/pipelines/store-resource.ts";
import { TaggedSource } from "../support/tagged-source.ts";
import { testContext } from "../support/test-context.ts";

const text = (value: string) => new TextEncoder().encode(value);

function resourceOf(dataAge?: number) {
  const ticking = fakeClock();
  const source = new TaggedSource().put("/zarr.json", text("{}")).put("/x/c/0", text("chunk"));
  const context = testContext(source, {
    ticking,
    store: { maxAge: { metadata: 1000 }, isolation: "shared" },
  });
  const store = context.stores.get("data")?.store;
  if (store === undefined) throw new Error("There is no store");
  return { ticking, source, store, made: storeResource(nodes, "data", { store, dataAge }, ticking.now) };
}

it("has another version once the metadata of the store have one", async () => {
  const { made, source, ticking } = resourceOf();
  const first = await made.version?.();
  expect(first).toEqual({ validator: expect.any(String) });
  source.put("/zarr.json", text("{}"), '"v2"');
  expect(await made.version?.()).toEqual(first);
  ticking.advance(1001);
  expect(await made.version?.()).not.toEqual(first);
});

it("has another version in each period that chunks are good for, and tells its end", async () => {
  const { made, ticking } = resourceOf(600);
  const now = ticking.now();
  const first = await made.version?.();
  expect(first?.expiresAt).toBe((Math.floor(now / 600) + 1) * 600);
  ticking.advance((first?.expiresAt as number) - now - 1);
  expect(await made.version?.()).toEqual(first);
  ticking.advance(1);
  expect((await made.version?.())?.validator).not.toBe(first?.validator);
});

it("gives each array a reader of its own, which is told when a shard is no longer the one whose index it has read", async () => {
  const { made, store, source } = resourceOf();
  const readable = made.value as typeof store;
  const [end, begin] = [{ suffixLength: 2 }, { offset: 0, length: 2 }];
  const early = readable.getRange;
  await early("/x/c/0", end);
  source.put("/x/c/0", text("other"), '"v2"');
  await store.invalidate("/x/c/0");
  const late = readable.getRange;
  await late("/x/c/0", end);
  expect(await late("/x/c/0", begin)).toEqual(text("ot"));
  await expect(early("/x/c/0", begin)).rejects.toMatchObject({ tag: "SourceChangedError" });
});

it("hands out copies, which may be written to, of what the store shares", async () => {
  const { made, store } = resourceOf();
  const { get, getRange } = made.value as typeof store;
  (await get("/x/c/0"))?.fill(0);
  (await getRange("/x/c/0", { offset: 0, length: 2 }))?.fill(0);
  expect(await store.get("/x/c/0")).toEqual(text("chunk"));
});
