import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";

it("gives nothing of an id that was deleted and bound to another source to the store that had it", async () => {
  const { store, storage } = cached(new Map([["/k", counted(3)]]), { identity: "x" });
  await store.get("/k");
  await storage.deleteStore("s");
  const other = new CachedStore(new Map([["/k", counted(9)]]), "s", storage, { identity: "y" });
  expect(await other.get("/k")).toEqual(counted(9));
  await other.idle();
  await expect(store.get("/k")).rejects.toMatchObject({ tag: "StoreIdConflictError" });
  expect(await other.get("/k")).toEqual(counted(9));
});

it("goes on with its own id after its copies were dropped as a whole", async () => {
  const { store } = cached(new Map([["/k", counted(3)]]), { identity: "x" });
  await store.get("/k");
  await store.invalidate();
  expect(await store.get("/k")).toEqual(counted(3));
});

it("closing one store leaves the fills of another with the same id alone", async () => {
  const source = gatedSource();
  const { store, storage } = cached(source);
  const other = new CachedStore(new Map([["/x", counted(1)]]), "s", storage);
  const read = store.get("/k");
  const waiting = await source.arrived(0);
  await other.get("/x");
  await other.close();
  waiting.resolve(counted(5));
  await read;
  await store.idle();
  expect(await storage.has({ storeId: "s", key: "/k" })).toBe(true);
});

it("refuses keys that would be one key on disk", async () => {
  const { store } = cached(new Map());
  await expect(store.get("/\ud800")).rejects.toMatchObject({ tag: "InvalidKeyError" });
  await expect(store.get("/a\udc00b")).rejects.toMatchObject({ tag: "InvalidKeyError" });
  expect(await store.get("/\ud83d\ude00")).toBeUndefined();
});
