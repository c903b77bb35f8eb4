/** Keeps the results of a function on disk, beside chunks: computed once, for all processes and after a restart. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lruCache, memo } from "zarr-cache/memo";
import { openCache } from "zarr-cache/node";

const directory = await mkdtemp(join(tmpdir(), "zarr-cache-example-"));
let computed = 0;
const meanOf = async ({ year, region }: { year: number; region: [number, number] }) => {
  computed++;
  return { year, region, mean: 287.5, at: new Date() };
};

for (const run of ["first", "second"]) {
  const cache = await openCache(directory, { maxBytes: "100 MB" });
  const mean = memo(cache, "mean-temperature", meanOf, { expires: "1d" });
  const [one, other] = await Promise.all([
    mean({ year: 2020, region: [47, 8] }),
    mean({ region: [47, 8], year: 2020 }),
  ]);
  assert.deepEqual(one, other);
  assert.ok(one.at instanceof Date, "types that JSON lacks come back as they were");
  assert.equal(computed, 1, "once for both, and once for both runs");
  console.log(`${run} run: ${one.mean} K, computed ${computed} time`);

  const recent = lruCache<string>(cache, { max: 100, name: "titles" });
  if (run === "first") await recent.set("N47E008", "Zürich");
  assert.equal(await recent.get("N47E008"), "Zürich");
  await cache.close();
}
await rm(directory, { recursive: true });
