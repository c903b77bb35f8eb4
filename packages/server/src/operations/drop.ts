import { setImmediate } from "node:timers/promises";
import type { z } from "@hono/zod-openapi";
import { arrayKeys } from "zarr-cache";
import type { ServedStore } from "../context.ts";
import type { invalidationSchema } from "./schemas.ts";

/** How much of a store is dropped. */
export type Drop = z.output<typeof invalidationSchema>;

/**
 * Drops what is cached of a store: a key, a path, an array or a region of it, what is older than so long, or all. What is
 * being fetched meanwhile is not kept. Resolves to how many keys were named one by one; `undefined` for whole paths.
 */
export async function drop({ store }: ServedStore, what: Drop): Promise<number | undefined> {
  const id = store.storeId;
  if ("key" in what) return dropKeys(store.storage, id, [what.key]);
  if ("path" in what) return void (await store.invalidate(what.path));
  if ("olderThan" in what) return dropOlder(store.storage, id, what.olderThan);
  if (!("array" in what)) return void (await store.invalidate());
  const path = `/${what.array.replace(/^\/+|\/+$/g, "")}`;
  if (what.region === undefined) return void (await store.invalidate(path === "/" ? "/" : path));
  return dropKeys(store.storage, id, await arrayKeys((key) => store.get(key), what.array, what.region));
}

type Storage = ServedStore["store"]["storage"];

async function dropKeys(storage: Storage, id: string, keys: Iterable<string>): Promise<number> {
  let dropped = 0;
  for (const key of keys) {
    await storage.delete(id, key);
    if (++dropped % 100 === 0) await setImmediate();
  }
  return dropped;
}

/** The oldest come first, so that one page after the other holds nothing else until none is old enough. */
async function dropOlder(storage: Storage, storeId: string, age: number): Promise<number> {
  const dropped = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await storage.entries({
      storeId,
      orderBy: "age",
      limit: 500,
      ...(cursor !== undefined && { cursor }),
    });
    const old = page.entries.filter((entry) => entry.age > age);
    await dropKeys(storage, storeId, new Set(old.map(({ key }) => key)));
    for (const { key } of old) dropped.add(key);
    cursor = old.length === page.entries.length ? page.cursor : undefined;
  } while (cursor !== undefined);
  return dropped.size;
}
