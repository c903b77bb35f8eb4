import { expect, it } from "vitest";
import { temporaryCache } from "../support/temporary-cache.ts";

const READS = 2048;
const BYTES = 65_536;

it(`keeps all of ${READS} chunks that are read in one moment`, async () => {
  const directory = await temporaryCache();
  const faults: string[] = [];
  let asked = 0;
  const source = {
    async get(key: string) {
      asked++;
      return new Uint8Array(BYTES).fill(key.charCodeAt(key.length - 1));
    },
  };
  const readAll = async () => {
    const cache = await directory.open({ maxBytes: "1 GB" });
    cache.on("fault", ({ operation, error }) => faults.push(`${operation}: ${String(error)}`));
    const store = cache.wrap(source, "s");
    const keys = Array.from({ length: READS }, (_, i) => `/c/${i}` as const);
    const values = await Promise.all(keys.map((key) => store.get(key)));
    for (const [i, value] of values.entries()) {
      expect(value?.byteLength).toBe(BYTES);
      expect(value?.at(-1)).toBe(`${i}`.charCodeAt(`${i}`.length - 1));
    }
    await cache.idle();
    const { entries } = await cache.usage();
    await cache.close();
    return entries;
  };
  expect(await readAll()).toBe(READS);
  expect(faults).toEqual([]);
  // The next process has them all.
  expect(await readAll()).toBe(READS);
  expect(asked).toBe(READS);
});
