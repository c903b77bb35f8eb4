import { spawnSync } from "node:child_process";
import { Coordinates, Dataset, registerDimension } from "@zarr-cache/arrays";
import { Arithmetic, Interpolate, type Node, nodeStore, resource, ZarrSource } from "@zarr-cache/nodes";
import { parallel } from "@zarr-cache/nodes/parallel";
import FileSystemStore from "@zarrita/storage/fs";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";
import type { Benchmark, Finding, Outcome, Setting } from "./frame/benchmark.ts";
import { dataDirectory } from "./frame/data-directory.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";
import { withTemporaryDirectory } from "./frame/temporary-directory.ts";

/** What pipelines cost beside loops written by hand, and what their cache and threads are worth. */
export const nodes: Benchmark = {
  name: "nodes",
  about: `The speed of the wind from two variables of ERA-Interim (2 × 3 × 241 × 480, int16, zlib, in a directory), each put between
its labels by bilinear interpolation: five nodes, 2.8 million points. By hand it is \`zarr.get\`, unpacking, two loops of
interpolation and one of square roots, in float32 as here. Then as a cached Zarr array in twelve chunks: nothing cached, all
cached, and a region of which half is; one evaluation more is a point that tells the unit. Last, what two threads are worth beside one.`,

  run: (setting) => withTemporaryDirectory((directory) => compare(setting, directory)),
};

async function compare({ rounds, quick, progress }: Setting, directory: string): Promise<Outcome> {
  for (const name of ["month", "level"]) registerDimension(name);
  const tar = `${dataDirectory()}/stores/eraint_uvz_zlib.tar`;
  const { status } = spawnSync("tar", ["-xf", tar, "-C", directory]);
  if (status !== 0) throw new Error(`${tar} cannot be unpacked`);
  const path = `${directory}/eraint_uvz_zlib.zarr`;
  const store = new FileSystemStore(path);
  const grid = await finerGrid(store, quick);
  const { node, asked } = windSpeed(store);
  progress("prepared");

  const near = await agreement(node, store, grid);
  const direct = await interleave(rounds, {
    nodes: () => timed(() => node.eval(grid)),
    hand: () => timed(() => byHand(store, grid)),
  });
  progress("beside loops by hand");
  const cached = await cachedTimes(rounds, node, asked, grid);
  progress("cached");
  process.env["ZARR_CACHE_BENCHMARK_STORE"] = path;
  const file = new URL("nodes/worker-from-source.mjs", import.meta.url);
  await using one = parallel({ workers: 1, worker: file, chunkPoints: 2 ** 19 });
  await using two = parallel({ workers: 2, worker: file, chunkPoints: 2 ** 19 });
  const threads = await interleave(rounds, {
    one: () => timed(() => node.eval(grid, { method: one })),
    two: () => timed(() => node.eval(grid, { method: two })),
  });
  const ms = (values: readonly number[]) => ({ spread: spreadOf(values), unit: "ms" });
  const cachedFinding = (what: string, values: readonly number[], chunks: number): Finding => ({
    what: `as a cached Zarr array, ${what}: ${chunks} evaluations`,
    ours: ms(values),
    beside: { who: "without cache", ...ms(cached.uncached) },
    figure: { spread: ratioOf(values, cached.uncached), unit: "×" },
  });
  return {
    findings: [
      {
        what: `five nodes (values within ${near.toExponential(0)})`,
        ours: ms(direct.nodes),
        beside: { who: "loops by hand", ...ms(direct.hand) },
        figure: { spread: ratioOf(direct.nodes, direct.hand), unit: "×" },
        target: { limit: 1.3, better: "lower" },
      },
      cachedFinding("cold", cached.cold, cached.chunks[0] as number),
      cachedFinding("half of it cached", cached.half, cached.chunks[1] as number),
      cachedFinding("warm", cached.warm, cached.chunks[2] as number),
      {
        what: "two threads",
        ours: ms(threads.two),
        beside: { who: "one thread", ...ms(threads.one) },
        figure: { spread: ratioOf(threads.one, threads.two), unit: "× the speed" },
        target: { limit: 1.6, better: "higher" },
      },
    ],
  };
}

/** The labels of the dataset and those half-way between. */
async function finerGrid(store: FileSystemStore, quick: boolean): Promise<Coordinates> {
  const { coordinates } = (await Dataset.open(store, "/", { names: "cf" })).get("u");
  const [lat, lon] = [coordinates.get("lat"), coordinates.get("lon")];
  const step = quick ? 4 : 0.5;
  const between = (labels: Float64Array) => {
    const [first, second] = Array.from(labels.subarray(0, 2)) as [number, number];
    const size = Math.floor((labels.length - 1) / step) + 1;
    return { start: first, step: (second - first) * step, size };
  };
  return Coordinates.grid({
    month: coordinates.axis("month"),
    level: coordinates.axis("level"),
    lat: between(lat),
    lon: between(lon),
  });
}

/** The pipeline, and how many chunks of it were computed. */
function windSpeed(store: FileSystemStore): { readonly node: Node; readonly asked: () => number } {
  let evaluations = 0;
  const era = resource("era", store);
  const fine = (variable: string) =>
    new Interpolate({ source: new ZarrSource({ store: era, variable }), interpolation: "bilinear" });
  class Counted extends Arithmetic {
    override compute(...given: Parameters<Arithmetic["compute"]>): ReturnType<Arithmetic["compute"]> {
      evaluations += 1;
      return super.compute(...given);
    }
  }
  const node = new Counted({ eqn: "sqrt(u * u + v * v)", operands: { u: fine("u"), v: fine("v") } });
  return { node, asked: () => evaluations };
}

async function cachedTimes(rounds: number, node: Node, asked: () => number, grid: Coordinates) {
  const chunks = { month: 1, level: 1 };
  const read = async (storage: IndexedCacheStorage | undefined, months: number) => {
    const store = storage ? node.cached(storage, { coordinates: grid, chunks }) : undefined;
    const plain = store ?? nodeStore(node, { coordinates: grid, chunks });
    const array = await zarr.open(zarr.root(plain).resolve("data"), { kind: "array" });
    await zarr.get(array, [zarr.slice(0, months), null, null, null]);
    await store?.idle();
  };
  const times: Record<"uncached" | "cold" | "half" | "warm", number[]> = {
    uncached: [],
    cold: [],
    half: [],
    warm: [],
  };
  let counted: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const make = () =>
      new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "1 GB" }), new MemoryStoreOpener());
    const [full, halved] = [make(), make()];
    await read(halved, 1);
    const before = asked();
    const cold = await timed(() => read(full, 2));
    const afterCold = asked();
    const half = await timed(() => read(halved, 2));
    const afterHalf = asked();
    const warm = await timed(() => read(full, 2));
    counted = [afterCold - before, afterHalf - afterCold, asked() - afterHalf];
    const uncached = await timed(() => read(undefined, 2));
    await Promise.all([full.close(), halved.close()]);
    if (round === 0) continue;
    for (const [name, time] of Object.entries({ uncached, cold, half, warm }))
      times[name as "cold"].push(time);
  }
  return { ...times, chunks: counted };
}

/** How far the two ways differ at most. */
async function agreement(node: Node, store: FileSystemStore, grid: Coordinates): Promise<number> {
  const [ours, theirs] = [(await node.eval(grid)).toTypedArray(), await byHand(store, grid)];
  if (ours.length !== theirs.length) throw new Error("The two have other sizes");
  let most = 0;
  for (const [at, value] of ours.entries())
    most = Math.max(most, Math.abs(value - (theirs[at] as number)) || 0);
  return most;
}

async function byHand(store: FileSystemStore, grid: Coordinates): Promise<Float32Array> {
  const [u, v] = await Promise.all([unpacked(store, "u"), unpacked(store, "v")]);
  const [fineU, fineV] = [bilinear(u, grid), bilinear(v, grid)];
  for (let at = 0; at < fineU.length; at++)
    fineU[at] = Math.sqrt((fineU[at] as number) ** 2 + (fineV[at] as number) ** 2);
  return fineU;
}

interface Field {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

async function unpacked(store: FileSystemStore, name: string): Promise<Field> {
  const array = await zarr.open.v2(zarr.root(store).resolve(name), { kind: "array" });
  if (!array.is("int16")) throw new Error(`The array holds ${array.dtype}`);
  const { scale_factor: scale, add_offset: offset, _FillValue: none } = array.attrs as Record<string, number>;
  const { data, shape } = await zarr.get(array);
  const result = new Float32Array(data.length);
  for (let at = 0; at < data.length; at++)
    result[at] = data[at] === none ? Number.NaN : (data[at] as number) * (scale ?? 1) + (offset ?? 0);
  return { data: result, shape };
}

/** Every label and those between, of a grid whose steps are those of the field times a constant. */
function bilinear({ data, shape }: Field, grid: Coordinates): Float32Array {
  const [rows, columns] = shape.slice(2) as [number, number];
  const [fineRows, fineColumns] = grid.shape.slice(2) as [number, number];
  const step = (columns - 1) / (fineColumns - 1) < 1 ? 0.5 : 4;
  const planes = data.length / (rows * columns);
  const result = new Float32Array(planes * fineRows * fineColumns);
  let to = 0;
  for (let plane = 0; plane < planes; plane++)
    for (let row = 0; row < fineRows; row++) {
      const top = Math.floor(row * step);
      const [down, rowShare] = [top + 1 < rows ? columns : 0, row * step - top];
      for (let column = 0; column < fineColumns; column++, to++) {
        const left = Math.floor(column * step);
        const [right, share] = [left + 1 < columns ? 1 : 0, column * step - left];
        const at = plane * rows * columns + top * columns + left;
        const upper = (data[at] as number) * (1 - share) + (data[at + right] as number) * share;
        const lower = (data[at + down] as number) * (1 - share) + (data[at + down + right] as number) * share;
        result[to] = upper * (1 - rowShare) + lower * rowShare;
      }
    }
  return result;
}
