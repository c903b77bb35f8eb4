import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { command, startServer } from "./support/start-server.ts";

const COADS = fileURLToPath(new URL("../fixtures/coads_blosc.zarr", import.meta.url));

/** A directory to work in, with a cache of its own. */
async function workplace() {
  const cwd = await temporaryDirectory();
  const run = (...args: string[]) => command(args, { cwd, env: { LOCAL_DATA_DIR: join(cwd, "cache") } });
  return { cwd, run };
}

it("warms, lists, counts, verifies, exports and clears a cache directly", async () => {
  const { cwd, run } = await workplace();
  const warmed = await run("warm", COADS, "--array", "SST", "--region", "0:2,:,:", "--json");
  expect(warmed, warmed.err).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(warmed.out)).toMatchObject({ failures: [] });

  const listed = await run("ls", "coads_blosc", "--sort", "size", "--json", "--all");
  const keys = listed.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).key as string);
  expect(keys.filter((key) => /^\/SST\/\d/.test(key)).sort()).toEqual(["/SST/0.0.0", "/SST/1.0.0"]);
  expect((await run("ls", "--limit", "1")).out.trim().split("\n")).toHaveLength(3);

  const { usage } = JSON.parse((await run("stats", "--json")).out);
  expect(usage.entries).toBe(keys.length);
  expect((await run("stats")).out).toMatch(/^disk +\d+ /m);

  expect(await run("verify")).toMatchObject({ code: 0, out: expect.stringContaining("All is well.") });

  const exported = await run("export", COADS, "copy.zarr", "--array", "SST");
  expect(exported, exported.err).toMatchObject({ code: 0 });
  const copy = await readFile(join(cwd, "copy.zarr/SST/3.0.0"));
  expect(copy.equals(await readFile(join(COADS, "SST/3.0.0")))).toBe(true);

  expect(await run("clear", "coads_blosc", "/SST")).toMatchObject({ code: 0, out: "Dropped.\n" });
  expect((await run("ls", "--path", "/SST", "coads_blosc", "--json")).out).toBe("");
});

it("does the same at a server that runs, with its token", async () => {
  const { cwd } = await workplace();
  const env = { ZARR_CACHE_TOKEN: "a-token-of-some-length" };
  const { url } = await startServer([COADS], { cwd, env });
  const at = (...args: string[]) => command([...args, "--server", url], { cwd, env });
  const warmed = await at("warm", "coads_blosc", "--array", "SST");
  expect(warmed, warmed.err).toMatchObject({ code: 0 });
  expect((await at("ls", "--path", "/SST", "coads_blosc")).out).toContain("/SST/11.0.0");
  expect((await at("stats")).out).toContain("coads_blosc");
  expect(await at("verify", "--json")).toMatchObject({ code: 0 });
  const exported = await at("export", "coads_blosc", "copy.zarr", "--array", "SST");
  expect(exported, exported.err).toMatchObject({ code: 0 });
  expect(await readdir(join(cwd, "copy.zarr/SST"))).toContain("11.0.0");
  expect(
    JSON.parse((await at("clear", "coads_blosc", "--older-than", "0ms", "--json")).out).keys,
  ).toBeGreaterThan(0);
  const stranger = await command(["ls", "--server", url], { cwd });
  expect(stranger).toMatchObject({ code: 1, err: expect.stringContaining("needs a token") });
});

it.each([
  [["lss"], 2, "Did you mean ls?"],
  [["ls", "--sort", "colour"], 2, "key, size, age, hits, cost"],
  [["ls", "--server", "nowhere"], 2, "an address such as http://127.0.0.1:5000"],
  [["ls", "--server", "http://127.0.0.1:9"], 1, "does not answer"],
  [["warm", "era5"], 2, "say what: --array NAME, or --pattern PATTERN"],
  [["warm", "era5", "--array", "t2m", "--region", "a:b"], 2, "start:stop"],
  [["warm", "era5", "--array", "t2m"], 1, 'There is no store "era5"'],
  [["warm", COADS, "--array", "SSTT"], 1, "SSTT"],
  [["clear", "era5"], 1, 'Nothing is cached of a store "era5"'],
  [["clear", "era5", "t2m"], 2, "a path begins with /"],
  [["export", "era5", "out.zarr"], 2, 'There is no store "era5"'],
  [["ls", "--cache", "s3://bucket/prefix"], 2, "index"],
])("says in a line what is wrong with %j", async (args, code, message) => {
  const { run } = await workplace();
  const told = await run(...args);
  expect(told.err).toContain(message);
  expect(told).toMatchObject({ code, out: "" });
  expect(told.err).not.toContain("    at ");
});

it("checks what a configuration names, and prints what counts all the same", async () => {
  const { cwd, run } = await workplace();
  const missing = { pipeline: "ndvi.json", coordinates: { lat: [1] } };
  const config = { stores: { ndvi: missing } };
  await writeFile(join(cwd, "zarr-cache.config.json"), JSON.stringify(config));
  const wrong = {
    code: 2,
    err: expect.stringMatching(/stores\.ndvi\.pipeline:\n.*ndvi\.json cannot be read/),
  };
  expect(await run("config")).toMatchObject({ ...wrong, out: "" });
  const { out, ...told } = await run("config", "--print");
  expect(told).toMatchObject(wrong);
  expect(JSON.parse(out)).toMatchObject({ stores: { ndvi: missing } });
  await writeFile(join(cwd, "zarr-cache.config.json"), JSON.stringify({ stores: { coads: COADS } }));
  expect(await run("config")).toMatchObject({ code: 0, out: expect.stringContaining("is in order.") });
});

it("shows a cache at work", async () => {
  const { run } = await workplace();
  const { code, out } = await run("demo", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out).map(({ sourceReads }: { sourceReads: number }) => sourceReads)).toEqual([
    64, 64, 0, 0,
  ]);
});

it("completes itself in a shell", async () => {
  const { run } = await workplace();
  const { out } = await run("completion", "bash");
  const complete = (words: string[], last: string) => {
    const script = `${out}
COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _zarr_cache zarr-cache "${last}"; echo "\${COMPREPLY[*]}"`;
    return spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout.trim();
  };
  expect(complete(["zarr-cache", "ver"], "ver")).toBe("verify");
  expect(complete(["zarr-cache", "ls", "--so"], "--so")).toBe("--sort");
  expect((await run("completion", "zsh")).out).toContain("bashcompinit");
  expect((await run("completion", "fish")).out).toContain("-a verify");
});

it("explains every command", async () => {
  const { run } = await workplace();
  const { out } = await run("--help");
  for (const name of [
    "serve",
    "warm",
    "ls",
    "stats",
    "verify",
    "clear",
    "export",
    "worker",
    "config",
    "demo",
    "completion",
  ])
    expect(out).toMatch(new RegExp(`^ {2}${name} `, "m"));
});
