import { InvalidOptionError, UnsupportedError } from "../errors.ts";
import type { Key } from "../key.ts";
import { assertKnownOptions } from "../options.ts";
import { copyBytes } from "../range.ts";
import type { Freshness } from "./freshness.ts";
import type { FrontDeskContext } from "./front-desk.ts";
import { MOST_AHEAD } from "./selection.ts";
import type { Source } from "./source.ts";

/** What a write goes through. */
export interface WriteContext
  extends Pick<FrontDeskContext, "storeId" | "storage" | "counters" | "binding" | "isOffline"> {
  readonly source: Source;
  readonly freshness: Pick<Freshness, "tellsEnds">;
}

/**
 * Writes a value to the source, or deletes it (`undefined`). The copy is dropped before, and nothing commits on the key
 * until the source has answered; then the written bytes are kept if there was a copy.
 */
export async function writeThrough(
  { source, freshness, storeId, storage, counters, binding, isOffline }: WriteContext,
  key: Key,
  value: Uint8Array | undefined,
): Promise<void> {
  const name = value === undefined ? "delete" : "set";
  if (source[name] === undefined)
    throw new UnsupportedError(
      `${name}("${key}")`,
      isOffline ? "the store is offline" : `the source is read-only: it has no ${name}()`,
    );
  const bytes = value && copyBytes(value);
  await binding.bound();
  const intent = await storage.openWrite(storeId, key);
  counters.source.writes++;
  try {
    // The source gets bytes of its own, since it may keep them and go on writing to them.
    await (bytes === undefined ? source.delete?.(key) : source.set?.(key, copyBytes(bytes)));
  } catch (error) {
    // The source's failure is what the caller must know; an intent that cannot be closed is closed later.
    await intent.close().catch(() => {});
    throw error;
  }
  // When it ends is told of what the source answers.
  await intent.close(freshness.tellsEnds ? undefined : bytes);
}

/** Throws where it is not said that it is the source that is emptied. */
export function assertClearing(options: { readonly source: true }): void {
  if (options?.source !== true)
    throw new InvalidOptionError(
      "clear",
      options,
      "{ source: true }, which empties the source; invalidate() drops only the copy",
    );
  assertKnownOptions("clear", options, ["source"]);
}

/** What can be emptied through a cache. */
interface Clearable {
  keys(): AsyncIterable<string>;
  delete(key: string): Promise<void>;
}

/** Deletes every key. They may be more than fit into memory, so as many at once, and none while the source lists. */
export async function clearSource(store: Clearable): Promise<void> {
  let keys: string[] = [];
  do {
    const gone = new Set(keys);
    keys = [];
    for await (const key of store.keys()) if (keys.push(key) === MOST_AHEAD) break;
    if (keys.length === MOST_AHEAD && keys.every((key) => gone.has(key)))
      throw new UnsupportedError(
        "clear()",
        `the source goes on listing keys that it has deleted, as "${keys[0]}"`,
      );
    for (const key of keys) await store.delete(key);
  } while (keys.length === MOST_AHEAD);
}
