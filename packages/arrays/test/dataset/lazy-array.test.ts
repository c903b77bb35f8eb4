import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Coordinates, Dataset, range, UnitsDataArray, warm, writeZarr } from "../../src/index.ts";

const coordinates = Coordinates.grid({
  time: range("2018-01-01", "2018-01-10", "1,D"),
  lat: range(0, 5, 1),
  lon: range(0, 7, 1),
});
const values = Float32Array.from({ length: coordinates.size }, (_, at) => (at % 7 === 0 ? Number.NaN : at));
const array = new UnitsDataArray(values, coordinates, {
  name: "t2m",
  units: "K",
  attrs: { long_name: "temperature" },
});

/** A store that records what is asked, and answers when it is told to. */
async function recordingStore(options: { readonly gated?: boolean } = {}) {
  const map = new Map<string, Uint8Array>();
  await writeZarr(map, "/", array, { chunks: { time: 4, lat: 3, lon: 4 } });
  const reads: string[] = [];
  const waiting: (() => void)[] = [];
  let notice = () => {};
  const untilWaiting = async (count: number) => {
    while (waiting.length < count)
      await new Promise<void>((resolve) => {
        notice = resolve;
      });
  };
  const signals: (AbortSignal | undefined)[] = [];
  const state = { underWay: 0, most: 0 };
  const store = {
    async get(key: string, { signal }: { signal?: AbortSignal } = {}) {
      reads.push(key);
      signals.push(signal);
      state.underWay += 1;
      state.most = Math.max(state.most, state.underWay);
      if (options.gated && key.includes("/t2m/c/"))
        await new Promise<void>((resolve, reject) => {
          waiting.push(resolve);
          notice();
          signal?.addEventListener("abort", () => reject(signal.reason));
        });
      state.underWay -= 1;
      return map.get(key);
    },
  };
  return { store, reads, waiting, untilWaiting, signals, state, map };
}

const chunksOf = (reads: readonly string[]) => reads.filter((key) => key.includes("/t2m/c/"));
const list = (each: UnitsDataArray) => Array.from(each.toTypedArray());

describe("a lazy array", () => {
  it("reads no value to be opened, and the labels once", async () => {
    const { store, reads } = await recordingStore();
    const dataset = await Dataset.open(store);
    expect(reads.toSorted()).toEqual(["/.zmetadata", "/lat/c/0", "/lon/c/0", "/time/c/0", "/zarr.json"]);
    expect([...dataset.variables.keys()]).toEqual(["t2m"]);
    const t2m = dataset.get("t2m");
    expect([t2m.dims, t2m.shape, t2m.units, t2m.attrs["long_name"]]).toEqual([
      ["time", "lat", "lon"],
      [10, 6, 8],
      "K",
      "temperature",
    ]);
    expect(t2m.coordinates.equals(coordinates)).toBe(true);
  });

  it.each([
    [{ time: "2018-01-01" }, ["0/0/0", "0/0/1", "0/1/0", "0/1/1"]],
    [{ time: "2018-01-05", lat: { start: 0, stop: 2 }, lon: 3 }, ["1/0/0"]],
    [{ lat: [0, 5], lon: [7, 7], time: { start: "2018-01-09" } }, ["2/0/1", "2/1/1"]],
    [{ time: { start: "2019" } }, []],
  ])("reads exactly the chunks that %j touches, each once", async (selection, chunks) => {
    const { store, reads } = await recordingStore();
    const lazy = (await Dataset.open(store)).get("t2m").sel(selection);
    expect(lazy.chunkCount).toBe(chunks.length);
    const loaded = await lazy.load();
    expect(chunksOf(reads).toSorted()).toEqual(chunks.map((chunk) => `/t2m/c/${chunk}`));
    const expected = array.sel(selection);
    expect([loaded.dims, list(loaded)]).toEqual([expected.dims, list(expected)]);
    expect(loaded.coordinates.equals(expected.coordinates)).toBe(true);
  });

  it("selects in steps, backwards, and of what is selected", async () => {
    const { store } = await recordingStore();
    const lazy = (await Dataset.open(store)).get("t2m");
    const select = <A extends { isel(s: object): A }>(each: A) =>
      each
        .isel({ lon: { start: 7, step: -3 } })
        .isel({ lon: [2, 0], time: { step: 3 } })
        .isel({ lat: -1 });
    const [loaded, expected] = [await select(lazy).load(), select(array)];
    expect(list(loaded)).toEqual(list(expected));
  });

  it("reduces chunk by chunk as in memory", async () => {
    const { store, reads } = await recordingStore();
    const lazy = (await Dataset.open(store)).get("t2m").sel({ lat: { start: 1 } });
    const memory = array.sel({ lat: { start: 1 } });
    for (const name of ["sum", "mean", "min", "max", "count", "var", "std", "any", "all"] as const)
      for (const dims of [undefined, "time", ["lat", "lon"]]) {
        const [mine, theirs] = [await lazy.reduce(name, dims), memory.reduce(name, dims)];
        expect([mine.dims, mine.units]).toEqual([theirs.dims, theirs.units]);
        for (const [at, value] of list(mine).entries())
          expect(value).toBeCloseTo(list(theirs)[at] as number, 6);
      }
    expect(chunksOf(reads)).toHaveLength(12 * 9 * 3);
    expect(list(await lazy.isel({ lon: [5, 0, 3] }).mean("time"))).toEqual(
      list(memory.isel({ lon: [5, 0, 3] }).mean("time")),
    );
  });

  it("keeps so many reads under way, and tells how far it is", async () => {
    const { store, waiting, untilWaiting, state } = await recordingStore({ gated: true });
    const lazy = (await Dataset.open(store)).get("t2m");
    state.most = 0;
    const progress: string[] = [];
    const loading = lazy.load({
      concurrency: 3,
      onProgress: ({ done, total }) => progress.push(`${done}/${total}`),
    });
    for (let done = 0; done < 12; done++) {
      await untilWaiting(1);
      waiting.shift()?.();
    }
    await loading;
    expect([state.most, progress[0], progress.at(-1)]).toEqual([3, "1/12", "12/12"]);
  });

  it("aborts what is under way, and begins nothing more", async () => {
    const { store, reads, signals, untilWaiting } = await recordingStore({ gated: true });
    const lazy = (await Dataset.open(store)).get("t2m");
    const controller = new AbortController();
    const loading = lazy.load({ concurrency: 2, signal: controller.signal });
    await untilWaiting(2);
    controller.abort(new Error("enough"));
    await expect(loading).rejects.toThrow("enough");
    expect(chunksOf(reads)).toHaveLength(2);
    expect(signals.slice(-2).map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  it("aborts a reduction, and begins nothing where it is aborted already", async () => {
    const { store, reads, untilWaiting } = await recordingStore({ gated: true });
    const lazy = (await Dataset.open(store)).get("t2m");
    const controller = new AbortController();
    const reducing = lazy.mean("time", { concurrency: 2, signal: controller.signal });
    await untilWaiting(2);
    controller.abort(new Error("enough"));
    await expect(reducing).rejects.toThrow("enough");
    await expect(lazy.load({ signal: controller.signal })).rejects.toThrow("enough");
    expect(chunksOf(reads)).toHaveLength(2);
    reads.length = 0;
    await expect(Dataset.open(store, "/", { signal: controller.signal })).rejects.toThrow("enough");
    expect(reads).toEqual([]);
  });

  it("names the chunk that cannot be read", async () => {
    const { store, map } = await recordingStore();
    const lazy = (await Dataset.open(store)).get("t2m");
    map.set("/t2m/c/0/0/0", Uint8Array.of(1, 2, 3));
    await expect(lazy.load()).rejects.toThrow(/Array \/t2m: chunk 0, 0, 0 cannot be read/);
  });

  it("rejects bad options, labels and dimensions", async () => {
    const { store } = await recordingStore();
    const dataset = await Dataset.open(store);
    const lazy = dataset.get("t2m");
    await expect(lazy.load({ concurrency: 0 })).rejects.toThrow(/"concurrency" is 0/);
    expect(() => lazy.sel({ lat: 99 })).toThrow(/"lat" has no label 99; it has 6: 0 1 2 3 4 5/);
    expect(() => lazy.sel({ depth: 1 })).toThrow(/"depth" is not there; there are time, lat, lon/);
    expect(() => dataset.sel({ depth: 1 })).toThrow(/"depth"; there are time, lat, lon/);
    expect(() => dataset.get("t3m")).toThrow(/no variable "t3m"; there are t2m, lat|no variable "t3m"/);
  });

  it("selects in the coordinates of a dataset as in its variables", async () => {
    const { store } = await recordingStore();
    const dataset = (await Dataset.open(store)).sel({ lat: [4, 1] }).isel({ time: 0 });
    expect(Array.from((await dataset.get("lat").load()).toTypedArray())).toEqual([4, 1]);
    expect([dataset.dims, dataset.get("time").shape]).toEqual([{ lat: 2, lon: 8 }, []]);
  });

  it("warms by label", async () => {
    const { store } = await recordingStore();
    const lazy = (await Dataset.open(store)).get("t2m");
    const asked: unknown[] = [];
    const cached = { warm: async (what: object, options?: object) => asked.push(what, options) };
    await warm(cached, lazy.sel({ time: "2018-01-03", lat: [4, 1] }), { concurrency: 2 });
    expect(asked).toEqual([
      {
        arrays: ["/t2m"],
        region: [
          [2, 3],
          [1, 5],
          [0, 8],
        ],
      },
      { concurrency: 2 },
    ]);
  });

  it("prints as xarray does", async () => {
    const { store } = await recordingStore();
    const dataset = await Dataset.open(store);
    expect(inspect(dataset)).toBe(
      [
        "<Dataset>",
        "Dimensions: (time: 10, lat: 6, lon: 8)",
        "Coordinates:",
        "  * time  (time) time 2018-01-01 2018-01-02 … 2018-01-09 2018-01-10",
        "  * lat   (lat) float64 0 1 2 3 4 5",
        "  * lon   (lon) float64 0 1 2 … 5 6 7",
        "Data variables:",
        "    t2m  (time, lat, lon) float32, K, 12 chunks",
      ].join("\n"),
    );
    expect(inspect(dataset.get("t2m").isel({ time: [0], lat: 1 }))).toBe(
      [
        "<LazyArray 't2m' (time: 1, lon: 8)> float32, 2 chunks of 4 × 3 × 4, not read",
        "Coordinates:",
        "  * time  (time) time 2018-01-01",
        "  * lon   (lon) float64 0 1 2 … 5 6 7",
        "Units: K",
        "Attributes:",
        "    long_name: temperature",
      ].join("\n"),
    );
  });
});
