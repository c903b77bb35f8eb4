import { spawnSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Coordinates, Dataset, type LazyArray, range, UnitsDataArray, writeZarr } from "@zarr-cache/arrays";
import FileSystemStore from "@zarrita/storage/fs";
import * as zarr from "zarrita";
import type { Benchmark, Finding, Outcome, Setting } from "./frame/benchmark.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";
import { withTemporaryDirectory } from "./frame/temporary-directory.ts";

/** Chunks under way while memory is looked at. */
const CONCURRENCY = 16;

/** What labels and units add to reading, reducing and arithmetic. */
export const arrays: Benchmark = {
  name: "arrays",
  about: `A variable of float32 (24 × 720 × 1440, 100 MB, uncompressed, chunks of 1 MB, in a directory) is averaged over time,
NaN skipped: as a lazy array, chunk by chunk; by \`zarr.get\` and a loop written for it; and by Debian's xarray with dask, in
a process of its own that times itself. Then a kilometre is added to 10⁷ values in metres, and \`a[i] + b[i] * 1000\` in a
bare loop over typed arrays. Last, the variable is loaded whole with sixteen chunks under way: the most bytes of array buffers
that are alive at any chunk, garbage collected twice before each look, less those of the result, in chunks.`,

  run: (setting) => withTemporaryDirectory((directory) => compare(setting, `${directory}/data.zarr`)),
};

async function compare({ rounds, quick, progress }: Setting, path: string): Promise<Outcome> {
  await writeVariable(path, quick ? 2 : 24);
  progress("written");
  const store = new FileSystemStore(path);
  const lazy = (await Dataset.open(store)).get("t2m");
  const plain = await zarr.open.v2(zarr.root(store).resolve("t2m"), { kind: "array" });
  if (!plain.is("float32")) throw new Error(`The array holds ${plain.dtype}`);

  const size = quick ? 1e5 : 1e7;
  const axis = Coordinates.grid({ lat: { start: 0, step: 1, size } });
  const metres = UnitsDataArray.create(axis, 2, { units: "m" });
  const kilometres = UnitsDataArray.create(axis, 1, { units: "km" });
  const [a, b] = [metres.toTypedArray() as Float64Array, kilometres.toTypedArray() as Float64Array];
  const measured = await interleave(rounds, {
    lazy: () => timed(() => lazy.mean("time")),
    hand: () =>
      timed(async () => meanOverTime((await zarr.get(plain)).data, plain.shape as [number, number, number])),
    units: () => timed(() => metres.add(kilometres)),
    bare: () => timed(() => addConverted(a, b)),
  });
  progress("timed");
  const held: number[] = [];
  for (let round = 0; round < Math.min(rounds, 3); round++) held.push(await chunksHeld(lazy));
  const theirs = timesOfXarray(path, rounds);
  const finding = (
    what: string,
    ours: readonly number[],
    who: string,
    peer: readonly number[],
    limit?: number,
  ): Finding => ({
    what,
    ours: { spread: spreadOf(ours), unit: "ms" },
    beside: { who, spread: spreadOf(peer), unit: "ms" },
    figure: { spread: ratioOf(ours, peer), unit: "×" },
    ...(limit !== undefined && { target: { limit, better: "lower" as const } }),
  });
  return {
    findings: [
      finding("read and average 100 MB", measured.lazy, "zarrita, hand loop", measured.hand, 1.2),
      ...(theirs ? [finding("read and average 100 MB", measured.lazy, "xarray, dask", theirs)] : []),
      finding("add with conversion, 10⁷ values", measured.units, "bare loop", measured.bare, 2),
      {
        what: "held beside the result of loading",
        ours: { spread: spreadOf(held), unit: "chunks" },
        beside: { who: "under way", spread: spreadOf([CONCURRENCY]), unit: "chunks" },
        figure: { spread: spreadOf(held), unit: "chunks" },
        target: { limit: CONCURRENCY, better: "lower" },
      },
    ],
  };
}

/**
 * The most memory that loading holds beside its result, in chunks; to a hundredth of one, since each read of a file takes
 * some hundred bytes for itself.
 */
async function chunksHeld(lazy: LazyArray): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  // The memory of a buffer that is found dead is given back in the background, which the next collection waits for.
  const alive = () => {
    collect();
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  for (let turn = 0; turn < 5; turn++) {
    collect();
    await setTimeout(100);
  }
  const before = alive();
  let most = 0;
  const onProgress = () => {
    most = Math.max(most, alive() - before);
  };
  const result = (await lazy.load({ concurrency: CONCURRENCY, onProgress })).toTypedArray();
  const chunk = lazy.chunks.reduce((size, length) => size * length, result.BYTES_PER_ELEMENT);
  return Math.round((100 * (most - result.byteLength)) / chunk) / 100;
}

async function writeVariable(path: string, hours: number): Promise<void> {
  const grid = Coordinates.grid({
    time: { start: "2018-01-01", step: "1,h", size: hours },
    lat: range(89.875, -89.875, -0.25),
    lon: { start: 0, step: 0.25, size: 1440 },
  });
  const data = Float32Array.from({ length: grid.size }, (_, at) =>
    at % 1000 === 0 ? Number.NaN : (at * 7919) % 311,
  );
  const t2m = new UnitsDataArray(data, grid, { name: "t2m", units: "K" });
  await writeZarr(new FileSystemStore(path), "/", t2m, {
    format: 2,
    compression: "none",
    chunks: { time: 1, lat: 360, lon: 720 },
  });
}

function meanOverTime(
  data: Float32Array,
  [times, rows, columns]: readonly [number, number, number],
): Float64Array {
  const area = rows * columns;
  const [sum, count] = [new Float64Array(area), new Float64Array(area)];
  for (let time = 0; time < times; time++)
    for (let at = 0; at < area; at++) {
      const value = data[time * area + at] as number;
      if (Number.isNaN(value)) continue;
      sum[at] = (sum[at] as number) + value;
      count[at] = (count[at] as number) + 1;
    }
  for (let at = 0; at < area; at++) sum[at] = (sum[at] as number) / (count[at] as number);
  return sum;
}

function addConverted(a: Float64Array, b: Float64Array): Float64Array {
  const sum = new Float64Array(a.length);
  for (let at = 0; at < sum.length; at++) sum[at] = (a[at] as number) + (b[at] as number) * 1000;
  return sum;
}

/** Milliseconds of each round, or undefined where Debian's xarray is not installed. */
function timesOfXarray(path: string, rounds: number): number[] | undefined {
  const script = fileURLToPath(new URL("arrays/mean-with-xarray.py", import.meta.url));
  const { status, stdout } = spawnSync("/usr/bin/python3", [script, path, String(rounds)], {
    encoding: "utf8",
  });
  return status === 0 ? JSON.parse(stdout) : undefined;
}
