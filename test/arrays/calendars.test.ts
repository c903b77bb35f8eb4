import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Dataset } from "@zarr-cache/arrays";
import { formatInstant } from "@zarr-cache/arrays/parts";
import FileSystemStore from "@zarrita/storage/fs";
import { expect, it } from "vitest";
import { ensureDebianPackages } from "../support/debian-package.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { readWithXarray, XARRAY_PACKAGES } from "../support/xarray.ts";

const there = await ensureDebianPackages(...XARRAY_PACKAGES);

const CALENDARS = [
  "standard",
  "gregorian",
  "proleptic_gregorian",
  "julian",
  "noleap",
  "365_day",
  "all_leap",
  "366_day",
  "360_day",
];

/** Days that lie round the leap days, the reform of 1582 and the turns of centuries, as numbers of these units. */
const UNITS: readonly [units: string, perDay: number][] = [
  ["days since 1850-03-01", 1],
  ["days since 2-1-1", 1],
  ["hours since 2000-02-28 18:00:00", 24],
  ["minutes since 1900-01-01T00:30", 1440],
  ["seconds since 1970-01-01 00:00:0.0", 86_400],
];
const DAYS = [-1, 0, 0.25, 1, 58, 59, 60, 364, 365, 366, 1460.5, 36_524, 36_525, 146_097, 577_736, 577_737];

it.skipIf(!there)("reads times of every calendar as xarray and cftime do", async () => {
  const store = join(await temporaryDirectory(), "calendars.zarr");
  const cases = CALENDARS.flatMap((calendar) =>
    UNITS.map(([units, perDay]) => ({ calendar, units, perDay })),
  );
  await mkdir(store);
  await writeFile(join(store, ".zgroup"), JSON.stringify({ zarr_format: 2 }));
  for (const [at, { calendar, units, perDay }] of cases.entries())
    await writeTimes(join(store, `t${at}`), { units, calendar, _ARRAY_DIMENSIONS: [`t${at}`] }, perDay);
  const answers = await readWithXarray([{ store, consolidated: false }]);
  const variables = cases.map((_, at) => `t${at}`);
  const dataset = await Dataset.open(new FileSystemStore(store), "/", { variables });
  for (const [at, { calendar, units }] of cases.entries()) {
    const answer = answers.find(({ name }) => name === `t${at}`);
    const { values, calendar: kept } = dataset.get(`t${at}`).coordinates.axis(`t${at}`);
    const mine = Array.from(values, (ms) => formatInstant(ms, "second", kept));
    const theirs = answer?.text ?? Array.from(answer?.values ?? [], (ms) => formatInstant(ms, "second"));
    expect([calendar, units, ...mine]).toEqual([calendar, units, ...theirs]);
  }
});

async function writeTimes(path: string, attrs: object, perDay: number): Promise<void> {
  const values = Float64Array.from(DAYS, (day) => day * perDay);
  const metadata = {
    zarr_format: 2,
    shape: [values.length],
    chunks: [values.length],
    dtype: "<f8",
    compressor: null,
    fill_value: null,
    order: "C",
    filters: null,
  };
  await mkdir(path);
  await writeFile(join(path, ".zarray"), JSON.stringify(metadata));
  await writeFile(join(path, ".zattrs"), JSON.stringify(attrs));
  await writeFile(join(path, "0"), new Uint8Array(values.buffer));
}
