import { readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { plainSource } from "../support/plain-source.ts";
import { temporaryCache } from "../support/temporary-cache.ts";

const VALUE = counted(5000);

/** Makes every chunk file in a directory longer or shorter. */
async function tear(directory: string, by: number): Promise<number> {
  const chunks = join(directory, "chunks", "s");
  let torn = 0;
  for (const name of await readdir(chunks, { recursive: true })) {
    const path = join(chunks, name);
    const { size } = await stat(path);
    if (size <= VALUE.byteLength) continue;
    await truncate(path, size + by);
    torn++;
  }
  return torn;
}

describe.each([-1, -4000, 1, 4096])("files on disk whose length changes by %i bytes", (by) => {
  it.each(["whole", "a range"])("are corrupt when %s is read: dropped, fetched again", async (how) => {
    const { directory, open } = await temporaryCache();
    const cache = await open({ memory: false });
    const source = countingSource(
      plainSource(new Map(Array.from({ length: 10 }, (_, i) => [`/${i}`, VALUE]))),
    );
    const store = cache.wrap(source, "s");
    const readAll = async () => {
      for (let i = 0; i < 10; i++) {
        const range = { offset: 4990, length: 10 };
        if (how === "whole") expect(await store.get(`/${i}`)).toEqual(VALUE);
        else expect(await store.getRange(`/${i}`, range)).toEqual(VALUE.slice(4990));
      }
      await store.idle();
    };
    for (let i = 0; i < 10; i++) await store.get(`/${i}`);
    await store.idle();
    expect(await tear(directory, by)).toBe(10);
    await readAll();
    const [tier] = store.stats().tiers;
    // A file that is too long still has the frames of a range where they were.
    if (how === "whole" || by < 0) expect(tier).toMatchObject({ corrupt: 10 });
    await readAll();
    expect(source.requests).toHaveLength(how === "whole" || by < 0 ? 20 : 10);
    if (how === "a range" && by > 0)
      expect(await cache.verify({ repair: true })).toMatchObject({ corrupt: 10 });
  });
});
