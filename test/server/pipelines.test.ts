import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  Arithmetic,
  FunctionSource,
  Interpolate,
  readCoordinates,
  resource,
  ZarrSource,
} from "@zarr-cache/nodes";
import FileSystemStore from "@zarrita/storage/fs";
import { beforeAll, describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import { fixture } from "../support/data-sets.ts";
import { ensureDebianPackages } from "../support/debian-package.ts";
import { scriptedOrigin, wellBehaved } from "../support/scripted-origin.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { readWithXarray, XARRAY_PACKAGES } from "../support/xarray.ts";
import { heightsOrigin } from "./support/heights-origin.ts";
import { command, startServer } from "./support/start-server.ts";

const HEIGHTS = fileURLToPath(new URL("support/count-heights.ts", import.meta.url));

/** Deadlines that a busy machine does not reach. */
const PATIENT = { deadline: "1m", lockAge: "1m" };

/** A directory with a configuration and definitions, each as JSON. */
async function configured(files: Readonly<Record<string, unknown>>): Promise<string> {
  const cwd = await temporaryDirectory();
  for (const [name, content] of Object.entries(files))
    await writeFile(join(cwd, name), JSON.stringify(content));
  return cwd;
}

async function valuesAt(url: string): Promise<number[]> {
  const array = await zarr.open.v3(zarr.root(new zarr.FetchStore(url)).resolve("data"), { kind: "array" });
  return Array.from((await zarr.get(array)).data as Float64Array);
}

describe("a pipeline over another store of the configuration", () => {
  const axes = {
    month: [1],
    level: [850, 200],
    lat: { start: 60, stop: 30, step: -0.5 },
    lon: { start: -10, stop: 20, step: 0.5 },
  };
  /** Metres, of what a source of m² s⁻² says. */
  const heightOf = (store: FileSystemStore | undefined) => {
    const era5 = resource("era5", store ?? new Map());
    const z = new ZarrSource({ store: era5, variable: "z" });
    const fine = new Interpolate({ source: z, interpolation: "bilinear" });
    return new Arithmetic({ eqn: "z / g", operands: { z: fine }, constants: { g: 9.80665 } });
  };
  let isThere = false;
  beforeAll(async () => {
    isThere = await ensureDebianPackages(...XARRAY_PACKAGES, "python3-aiohttp", "python3-requests");
  }, 300_000);

  it("opens in xarray and zarrita with the values of eval, reads the source once, and computes once", async (test) => {
    test.skip(!isThere, "xarray cannot be installed here");
    const { directory } = fixture("eraint_uvz_zlib.zarr");
    const origin = await scriptedOrigin(async (request) => {
      const value = await readFile(join(directory, ...request.path.split("/"))).catch(() => undefined);
      return wellBehaved(value, request);
    });
    const cwd = await configured({
      "height.json": heightOf(undefined).definition(),
      "zarr-cache.config.json": {
        cache: PATIENT,
        stores: {
          height: { pipeline: "height.json", coordinates: axes, chunks: [1, 1, 40, 40], maxAge: "forever" },
          era5: { source: origin.url, maxAge: "forever" },
        },
      },
    });
    const { url } = await startServer([], { cwd });
    const store = `${url}/stores/height`;
    const expected = await heightOf(new FileSystemStore(directory)).eval(readCoordinates(axes));
    const [answer] = await readWithXarray([{ store, variable: "data" }]);
    expect(answer).toMatchObject({ dims: ["month", "level", "lat", "lon"], dtype: "float64" });
    expect(answer?.labels["lat"]).toEqual(Array.from(expected.coordinates.get("lat")));
    expect(Array.from(answer?.values ?? [])).toEqual(Array.from(expected.toTypedArray()));
    const requests = origin.requests.length;
    expect(new Set(origin.requests.map(({ path }) => path)).size).toBe(requests);
    expect(await valuesAt(store)).toEqual(Array.from(expected.toTypedArray()));
    expect(origin.requests.length).toBe(requests);
    const { stores } = (await (await fetch(`${url}/api/v1/stores`)).json()) as {
      stores: { id: string; sourceReads: number }[];
    };
    expect(stores.map(({ id }) => id)).toEqual(["height", "era5"]);
  });
});

describe("a pipeline of the operator's own resources", () => {
  const height = (eqn = "2 * A") =>
    new Arithmetic({
      eqn,
      operands: { A: new FunctionSource({ fn: resource("heights", () => []), dims: ["lat"] }) },
    }).definition();
  const config = {
    cache: PATIENT,
    pipelines: { modules: [HEIGHTS] },
    stores: {
      height: {
        pipeline: "height.json",
        coordinates: { lat: { start: 0, step: 1, size: 12 } },
        chunks: { lat: 3 },
      },
    },
  };
  const doubles = Array.from({ length: 12 }, (_, at) => 20 * at);
  /** The first point is asked for once more by each server, which learns the unit. */
  const onceEach = (asked: readonly number[]) =>
    asked.filter((latitude) => latitude > 0).toSorted((a, b) => a - b);

  it("is computed once by two servers over one cache, and not again after a restart", async () => {
    const origin = await heightsOrigin();
    const cwd = await configured({ "height.json": height(), "zarr-cache.config.json": config });
    const env = { HEIGHTS_URL: origin.url, LOCAL_DATA_DIR: await temporaryDirectory() };
    const servers = await Promise.all([startServer([], { cwd, env }), startServer([], { cwd, env })]);
    const answers = await Promise.all(servers.map(({ url }) => valuesAt(`${url}/stores/height`)));
    expect(answers).toEqual([doubles, doubles]);
    expect(onceEach(origin.asked)).toEqual(Array.from({ length: 11 }, (_, at) => at + 1));
    const asked = origin.asked.length;
    for (const server of servers) {
      server.process.kill("SIGTERM");
      expect(await server.exitCode).toBe(0);
    }
    const { url } = await startServer([], { cwd, env });
    expect(await valuesAt(`${url}/stores/height`)).toEqual(doubles);
    expect(origin.asked.length).toBe(asked);
  });

  it("computes of a region that overlaps an earlier one only the chunks that are missing", async () => {
    const origin = await heightsOrigin();
    const cwd = await configured({ "height.json": height(), "zarr-cache.config.json": config });
    const { url } = await startServer([], { cwd, env: { HEIGHTS_URL: origin.url } });
    const store = zarr.root(new zarr.FetchStore(`${url}/stores/height`));
    const array = await zarr.open.v3(store.resolve("data"), { kind: "array" });
    const learnt = origin.asked.length;
    const region = async (start: number, stop: number) => {
      const before = origin.asked.length;
      const { data } = await zarr.get(array, [zarr.slice(start, stop)]);
      expect(Array.from(data as Float64Array)).toEqual(doubles.slice(start, stop));
      return origin.asked.slice(before).toSorted((a, b) => a - b);
    };
    expect(learnt).toBe(1);
    expect(await region(1, 6)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await region(4, 9)).toEqual([6, 7, 8]);
    expect(await region(0, 12)).toEqual([9, 10, 11]);
    expect(await region(2, 11)).toEqual([]);
  });

  it("changes with its file on SIGHUP, and is what it was again where that comes back", async () => {
    const origin = await heightsOrigin();
    const cwd = await configured({ "height.json": height(), "zarr-cache.config.json": config });
    const server = await startServer([], { cwd, env: { HEIGHTS_URL: origin.url } });
    const read = () => valuesAt(`${server.url}/stores/height`);
    const reload = async (eqn: string) => {
      await writeFile(join(cwd, "height.json"), JSON.stringify(height(eqn)));
      const reloaded = server.logged("reloaded");
      server.process.kill("SIGHUP");
      await reloaded;
    };
    expect(await read()).toEqual(doubles);
    await reload("3 * A");
    expect(await read()).toEqual(doubles.map((value) => (value / 2) * 3));
    const asked = origin.asked.length;
    await reload("2 * A");
    expect(await read()).toEqual(doubles);
    expect(origin.asked.length).toBe(asked);
    const page = (await (await fetch(`${server.url}/api/v1/entries?store=height`)).json()) as {
      entries: { store: string; key: string }[];
    };
    expect(new Set(page.entries.map(({ store }) => store))).toEqual(new Set(["height"]));
    expect(page.entries.map(({ key }) => key)).toContain("/data/c/3");
  });

  it("is refused at start with the place and all that is wrong", async () => {
    const wrong = { A: { node: "process" }, B: { node: "ZarrSource", attrs: { store: "era" } } };
    const cwd = await configured({ "height.json": wrong, "zarr-cache.config.json": config });
    const { code, err } = await command(["serve"], { cwd });
    expect(code).toBe(2);
    expect(err).toMatch(/stores\.height\.pipeline/);
    expect(err).toMatch(/A\.node is "process", which is not known; there are ArraySource/);
    expect(err).toMatch(/B\.attrs\.store names the resource "era", which is not known; there are heights/);
    expect(err).toMatch(/B\.attrs\.variable is missing/);
    expect(err).not.toMatch(/ at .*\.ts|node:internal/);
  });
});
