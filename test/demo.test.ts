import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { differingReadings } from "../demo/compare.ts";
import { fixtureReadings } from "../demo/fixture-readings.ts";
import { type Origin, startOrigin } from "../demo/origin-process.ts";
import { Progress } from "../demo/progress.ts";
import { formatConclusion, formatTable } from "../demo/report.ts";
import { takeTour } from "../demo/tour.ts";
import { temporaryDirectory } from "./support/temporary-directory.ts";

/** The demo's server, next door. */
async function nearOrigin(): Promise<Origin> {
  const origin = await startOrigin({ latency: 0, bandwidth: Number.POSITIVE_INFINITY });
  onTestFinished(() => origin.end());
  return origin;
}

/** Runs the demo as a user does. */
async function runDemo(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; out: string; err: string }> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--conditions=@zarr-cache/source", "--import", "tsx", "demo/main.ts", ...args],
    { cwd: root, env: { ...process.env, ...env } },
  );
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  const [code] = await once(child, "close");
  return { code, out, err };
}

describe("the tour of the demo's own data", () => {
  it("reads the same values in every row, and asks the source less", async () => {
    const origin = await nearOrigin();
    const readings = fixtureReadings();
    const directory = await temporaryDirectory();
    const subject = { url: origin.url, readings, traffic: () => origin.traffic() };
    const [direct, cold, warm, another, crowd] = await takeTour(subject, { directory, maxBytes: "100 MB" });

    for (const row of [direct, cold, warm, another, crowd]) expect(row?.differing).toEqual([]);
    expect(cold?.requests).toBeLessThan(direct?.requests ?? 0);
    expect(warm).toMatchObject({ requests: 0, bytes: 0, hitRatio: 1 });
    expect(another?.requests).toBeLessThan(cold?.requests ?? 0);
    // One read of each thing by all of them, but for what a busy machine's index does not answer in time.
    expect(crowd?.requests).toBeLessThan(direct?.requests ?? 0);
  });

  it("tells which readings differ when the source answers other bytes to the cache", async () => {
    const origin = await nearOrigin();
    const readings = fixtureReadings().slice(0, 3);
    const directory = await temporaryDirectory();
    const rows = await takeTour(
      { url: origin.url, readings },
      {
        directory,
        maxBytes: "100 MB",
        async onRow({ name }) {
          if (name === "directly")
            await origin.serve("/coads_blosc.zarr/SST/1.0.0", "/coads_blosc.zarr/SST/7.0.0");
        },
      },
    );
    const [direct, ...others] = rows;
    expect(direct?.differing).toEqual([]);
    for (const row of others) expect(row.differing).toEqual([readings[1]?.name]);
    expect(formatConclusion(rows, readings.length)).toMatch(/^THE VALUES DIFFER/);
  });
});

describe("comparing passes", () => {
  const readings = [{ name: "a" }, { name: "b" }];

  it("finds equal passes equal", () => {
    expect(differingReadings(readings, ["1", "2"], [{ hashes: ["1", "2"] }])).toEqual([]);
  });

  it("names what any pass answered differently, or not at all", () => {
    expect(differingReadings(readings, ["1", "2"], [{ hashes: ["1", "2"] }, { hashes: ["1", "3"] }])).toEqual(
      ["b"],
    );
    expect(differingReadings(readings, ["1", "2"], [{ hashes: ["1"] }])).toEqual(["b"]);
  });
});

it("formats a row a line", () => {
  const row = {
    name: "directly",
    seconds: 2,
    requests: 1234,
    bytes: 5.5e6,
    hitRatio: undefined,
    differing: [],
  };
  const table = formatTable([row, { ...row, name: "again", seconds: 0.02, hitRatio: 0.999 }]);
  expect(table.split("\n").map((line) => line.split(/ {3,}/))).toEqual([
    ["", "seconds", "source requests", "bytes from the source", "hits", "speed-up"],
    [expect.stringMatching(/^─+$/)],
    ["directly", "2.00", "1,234", "5.50 MB", "–", "1 ×"],
    ["again", "0.02", "1,234", "5.50 MB", "99 %", "100 ×"],
  ]);
  const rows = Array.from({ length: 5 }, () => ({ ...row, requests: 1 }));
  expect(formatConclusion(rows, 1)).toMatch(/\(1 in all\).* 2 times: .* 1 time in all; .* 1 time\.$/s);
});

describe("progress", () => {
  function shownOn(isTTY: boolean): string {
    let text = "";
    const progress = new Progress({
      isTTY,
      write(more) {
        text += more;
      },
    });
    progress.show("directly", 21, 42);
    progress.clear();
    return text;
  }

  it("is one line on a terminal, which is taken away at the end", () => {
    expect(shownOn(true)).toMatch(/^\r\S*█{10}░{10} directly: 21 of 42 readings\r\S*$/u);
  });

  it("is not shown where there is no terminal", () => {
    expect(shownOn(false)).toBe("");
  });
});

describe("pnpm demo <url>", () => {
  it("compares a store of the user's own, and leaves nothing behind", async () => {
    const origin = await nearOrigin();
    const temporary = await temporaryDirectory();
    const url = `${origin.url}navy_winds_sharded_v3.zarr`;
    const { code, out, err } = await runDemo([url, "UWND"], { TMPDIR: temporary });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("gave the same values each time");
    expect(readdirSync(temporary).filter((name) => name.startsWith("zarr-cache"))).toEqual([]);
  });

  it.each([
    ["an array that is not there", "coads_blosc.zarr", "t2m", /^No array "t2m" at .*; found: .*SST/],
    ["what is not Zarr", "nothing", undefined, /is not Zarr: there is no zarr\.json, \.zarray or \.zgroup/],
  ])("says in one line what it found: %s", async (_, path, array, message) => {
    const origin = await nearOrigin();
    const { code, out, err } = await runDemo([`${origin.url}${path}`, ...(array ? [array] : [])]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(message);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  it("says in one line that a server cannot be reached", async () => {
    const origin = await startOrigin({ latency: 0, bandwidth: Number.POSITIVE_INFINITY });
    await origin.end();
    const { code, err } = await runDemo([origin.url]);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^Cannot read .*ECONNREFUSED.*\n$/),
    });
  });

  it.each([
    ["an unknown flag", ["--chunks", "3"], /Unknown option '--chunks'/],
    ["what is no URL", ["era5.zarr"], /"era5\.zarr" is not an http or https URL/],
    ["an impossible size", ["--max-bytes", "much"], /--max-bytes "much" is not a size/],
    ["too much", ["https://data.example", "a", "b"], /Too many arguments: b/],
  ])("refuses %s", async (_, args, message) => {
    const { code, err } = await runDemo(args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  it("teaches with --help", async () => {
    const { code, out } = await runDemo(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("--max-bytes");
  });
});
