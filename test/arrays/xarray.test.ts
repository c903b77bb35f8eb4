import { Dataset, type LazyArray, type Selection } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import { CACHES } from "../support/cached.ts";
import { hashValues } from "../support/checksums.ts";
import { allDataSets, type DataSet } from "../support/data-sets.ts";
import { ensureDebianPackages } from "../support/debian-package.ts";
import { recording } from "../support/recording-source.ts";
import { readWithXarray, XARRAY_PACKAGES, type XarrayAnswer, type XarrayRequest } from "../support/xarray.ts";

const there = await ensureDebianPackages(...XARRAY_PACKAGES);
const all = allDataSets();
const dataSets = all.filter(({ name }) => !name.includes("v3"));

/** COADS counts from the year 0, which xarray refuses; the levels of the pyramid disagree on sizes, which it refuses too. */
const options = (name: string) => (name.includes("coads") ? { decodeTimes: false } : {});
const requestsFor = ({ name, directory, arrays }: DataSet): XarrayRequest[] => {
  if (name.includes("coads")) return [{ store: directory, decode_times: false }];
  if (!name.includes("etopo")) return [{ store: directory }];
  const names = Object.keys(arrays);
  return names.map((variable) => ({
    store: directory,
    variable,
    drop_variables: names.filter((other) => other !== variable),
  }));
};

describe.skipIf(!there).each(dataSets)("$name", (dataSet) => {
  it("equals what xarray reads, decoded and with labels", async () => {
    const expected = await readWithXarray(requestsFor(dataSet));
    const dataset = await Dataset.open(dataSet.open(), "/", options(dataSet.name));
    expect([...dataset.variables.keys(), ...dataset.coords.keys()].toSorted()).toEqual(
      expected.map(({ name }) => name).toSorted(),
    );
    for (const answer of expected) await compare(dataset.get(answer.name), answer);
  });
});

describe.each(dataSets)("$name", (dataSet) => {
  it("reads for a slice of each variable exactly the chunks that it touches", async () => {
    const source = recording(dataSet.open());
    const dataset = await Dataset.open(source, "/", options(dataSet.name));
    for (const [name, variable] of dataset.variables) {
      const middle = variable.shape.map((size) => ({ start: size >> 2, stop: (size >> 1) + 1 }));
      const slice = variable.isel(
        Object.fromEntries(variable.dims.map((dim, at) => [dim, middle[at] ?? {}])),
      );
      source.reads.length = 0;
      await slice.load();
      const touched = keysOf(`/${name}`, middle, variable.chunks);
      // Some stores have directories for chunks, `0/1`, and others files, `0.1`.
      expect(source.reads.map((key) => key.replaceAll(".", "/")).toSorted()).toEqual(touched.toSorted());
      expect(slice.chunkCount).toBe(touched.length);
    }
  });
});

/** The places of the chunks that hold these positions, by dividing each of them. */
function keysOf(
  path: string,
  positions: readonly { start: number; stop: number }[],
  chunks: readonly number[],
) {
  let places: number[][] = [[]];
  for (const [dim, { start, stop }] of positions.entries()) {
    const along = new Set<number>();
    for (let at = start; at < stop; at++) along.add(Math.floor(at / (chunks[dim] as number)));
    places = places.flatMap((place) => [...along].map((at) => [...place, at]));
  }
  return places.map((place) => `${path}/${place.join("/")}`);
}

describe.skipIf(!there)("selections", () => {
  const cases: [store: string, variable: string, sel: Selection, method: "nearest" | undefined][] = [
    ["eraint_uvz_zlib", "z", { level: 500, latitude: { start: 60, stop: 20 } }, undefined],
    ["eraint_uvz_zlib", "z", { latitude: [10.1, -33.3, 89], longitude: 100.2 }, "nearest"],
    ["eraint_uvz_zlib", "z", { longitude: { start: 0, stop: 9 }, latitude: 0 }, undefined],
    ["navy_winds_blosc", "UWND", { TIME: "1983-02" }, undefined],
    ["navy_winds_blosc", "VWND", { TIME: { start: "1982", stop: "1983-06" }, FNOCY: 0 }, undefined],
    ["navy_winds_blosc", "VWND", { TIME: "1985-07-01T12:00", FNOCX: [12.3, 200] }, "nearest"],
    ["coads_blosc", "SST", { COADSY: [-33.4, 12.1], COADSX: 200.2 }, "nearest"],
    ["coads_blosc", "SST", { COADSX: { start: 100, stop: 140 }, COADSY: 45 }, undefined],
  ];

  const atHand = cases.filter(([store]) => dataSets.some(({ name }) => name.includes(store)));
  it.each(atHand)("of %s %s by %j equal xarray's", async (store, variable, sel, method) => {
    const dataSet = dataSets.findLast(({ name }) => name.includes(store)) as DataSet;
    const [answer] = await readWithXarray([
      {
        store: dataSet.directory,
        variable,
        sel,
        ...(method && { method }),
        ...(store.includes("coads") && { decode_times: false }),
      },
    ]);
    const dataset = await Dataset.open(dataSet.open(), "/", options(store));
    const lazy = dataset.get(variable).sel(sel, method ? { method } : {});
    await compare(lazy, answer as XarrayAnswer);
    const whole = await dataset.get(variable).load();
    expect(
      differences(whole.sel(sel, method ? { method } : {}).toTypedArray(), (answer as XarrayAnswer).values),
    ).toBe(0);
  });

  it("reduces to what xarray does", async () => {
    const dataSet = dataSets.findLast(({ name }) => name.includes("coads")) as DataSet;
    const [answer] = await readWithXarray([
      { store: dataSet.directory, variable: "SST", mean: "TIME", decode_times: false },
    ]);
    const dataset = await Dataset.open(dataSet.open(), "/", { decodeTimes: false });
    const mean = await dataset.get("SST").mean("TIME");
    expect(mean.dims).toEqual(answer?.dims);
    for (const [at, value] of mean.toTypedArray().entries()) {
      const theirs = answer?.values[at] as number;
      expect(Number.isNaN(value)).toBe(Number.isNaN(theirs));
      if (!Number.isNaN(value)) expect(Math.abs(value - theirs)).toBeLessThan(1e-4);
    }
  });
});

type Source = Parameters<typeof Dataset.open>[0];

/** Of the decoded values of every variable. */
async function checksums(source: Source, name: string): Promise<string[]> {
  const loaded = await (await Dataset.open(source, "/", options(name))).load();
  return [...loaded].map(([variable, array]) => `${variable} ${hashValues({ data: array.toTypedArray() })}`);
}

/** By data set, the same for every kind of cache. */
const withoutCache = new Map<string, string[]>();

describe.each(Object.keys(CACHES))("through a cache in %s", (kind) => {
  it.each(all)("reads $name twice and its source once", async (dataSet) => {
    const cache = await CACHES[kind]?.();
    const source = recording(dataSet.open());
    const store = cache?.wrap(source, "data") as Source & {
      idle(): Promise<void>;
    };
    const first = await checksums(store, dataSet.name);
    await store.idle();
    const reads = source.reads.length;
    const second = await checksums(store, dataSet.name);
    const direct = withoutCache.get(dataSet.name) ?? (await checksums(dataSet.open(), dataSet.name));
    withoutCache.set(dataSet.name, direct);
    expect([first, second]).toEqual([direct, direct]);
    expect(source.reads.slice(reads)).toEqual([]);
  });
});

async function compare(lazy: LazyArray, answer: XarrayAnswer): Promise<void> {
  const array = await lazy.load();
  expect([lazy.name, array.dims, array.shape]).toEqual([answer.name, answer.dims, answer.shape]);
  if (!/datetime|int64/.test(answer.dtype))
    expect([lazy.name, array.dtype]).toEqual([lazy.name, answer.dtype]);
  for (const [dim, labels] of Object.entries(answer.labels))
    expect(Array.from(array.coordinates.get(dim))).toEqual(labels);
  if (answer.dtype.startsWith("datetime"))
    return expect(Array.from(lazy.coordinates.get(lazy.name))).toEqual(Array.from(answer.values));
  expect(differences(array.toTypedArray(), answer.values)).toBe(0);
}

/** How many values are not the very same. */
function differences(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let count = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let at = 0; at < a.length; at++) if (!Object.is(a[at], b[at]) && a[at] !== b[at]) count += 1;
  return count;
}
