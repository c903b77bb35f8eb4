import type { AsyncReadable } from "@zarrita/storage";
import { expect, expectTypeOf, it } from "vitest";
import * as zarr from "zarrita";
import type { CachedStore, SourceLike } from "../../src/index.ts";
import { cached } from "../support/cached.ts";

it("is a store to zarrita", () => {
  expectTypeOf<CachedStore>().toExtend<AsyncReadable>();
  expectTypeOf<CachedStore>().toExtend<Required<Pick<zarr.AsyncReadable, "get" | "getRange">>>();
  expectTypeOf<CachedStore>().toExtend<zarr.AsyncMutable>();
});

it("takes every store of zarrita as a source", () => {
  expectTypeOf<zarr.FetchStore>().toExtend<SourceLike>();
  expectTypeOf<zarr.AsyncReadable>().toExtend<SourceLike>();
  expectTypeOf<zarr.Readable>().toExtend<SourceLike>();
  expectTypeOf<Map<string, Uint8Array>>().toExtend<SourceLike>();
  expectTypeOf<CachedStore>().toExtend<SourceLike>();
  expectTypeOf<{ getRange: () => undefined }>().not.toExtend<SourceLike>();
});

it("can be opened by zarrita", async () => {
  const { store } = cached(new Map());
  await zarr.create(zarr.root(store).resolve("t"), { shape: [4], chunkShape: [2], dtype: "uint8" });
  const array = await zarr.open(zarr.root(store).resolve("t"), { kind: "array" });
  expectTypeOf(array.store).toEqualTypeOf<CachedStore>();
  expect(array.shape).toEqual([4]);
});
