import { expect, it } from "vitest";
import type { WarmProgress } from "../../src/index.ts";
import type { KeySelection } from "../../src/store/selection.ts";
import type { Source } from "../../src/store/source.ts";
import { counted, json } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";

/** Most keys that are looked up before the first is read. */
const AHEAD = 10_000;
const AT_ONCE = 4;

/** Warms until so many keys are done, and answers how far that was told and what it failed with. */
async function warmSome(source: Source, selection: KeySelection, most: number) {
  const { store } = cached(source, { shouldCache: () => false });
  const enough = new AbortController();
  let last: WarmProgress | undefined;
  const warming = store.warm(selection, {
    concurrency: AT_ONCE,
    signal: enough.signal,
    onProgress: (progress) => {
      last = progress;
      if (progress.done >= most) enough.abort(new Error("enough"));
    },
  });
  await expect(warming).rejects.toThrow("enough");
  return last;
}

it("walks a listing that never ends in bounded pages", async () => {
  const seen = { walked: 0, hasEnded: false };
  const ahead: number[] = [];
  let read = 0;
  const source: Source = {
    async get() {
      read++;
      ahead.push(seen.walked - read);
      return undefined;
    },
    async *keys() {
      try {
        for (;;) yield `/t/c/${seen.walked++}`;
      } finally {
        seen.hasEnded = true;
      }
    },
  };
  const last = await warmSome(source, { pattern: "/t/**" }, AHEAD + 500);
  expect(last).toMatchObject({ total: undefined, failed: 0 });
  expect(Math.max(...ahead)).toBeLessThanOrEqual(AHEAD);
  expect(seen.walked).toBeLessThanOrEqual(AHEAD + 500 + 2 * AT_ONCE);
  expect(seen.hasEnded).toBe(true);
});

it("makes the keys of a huge array as it goes, and knows how many there are", async () => {
  const document = json({
    zarr_format: 3,
    node_type: "array",
    shape: [1e6, 1e6],
    chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 1] } },
    chunk_key_encoding: { name: "default" },
  });
  const keys: string[] = [];
  const source: Source = {
    async get(key) {
      keys.push(key);
      return key.endsWith("/zarr.json") ? document : counted(1);
    },
  };
  const last = await warmSome(source, { arrays: ["t", "u"] }, 100);
  expect(last?.total).toBe(2 * (1e12 + 1));
  expect(keys.slice(0, 2)).toEqual(["/t/zarr.json", "/u/zarr.json"]);
  expect(keys.filter((key) => key.includes("/c/")).slice(0, 3)).toEqual(["/t/c/0/0", "/t/c/0/1", "/t/c/0/2"]);
});

it("takes keys one by one from what makes them", async () => {
  let made = 0;
  const keys = (function* () {
    for (;;) yield `/${made++}`;
  })();
  const last = await warmSome({ get: async () => counted(1) }, keys, 50);
  expect(last?.total).toBeUndefined();
  expect(made).toBeLessThanOrEqual(50 + 2 * AT_ONCE);
});
