import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { printConfig } from "../../src/config/print-config.ts";

async function withFile(name: string, text: string, env: Record<string, string> = {}, flags = {}) {
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, name), text);
  return loadConfig({ directory, env, flags });
}

async function problems(flags: object, env: Record<string, string> = {}): Promise<readonly string[]> {
  const error = await loadConfig({ directory: tmpdir(), env, flags: flags as Record<string, unknown> }).catch(
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems;
}

it.each([
  ["zarr-cache.config.json", '{ "stores": { "a": "https://a.example/x" }, "workers": 3 }'],
  ["zarr-cache.config.yaml", "# comment\nstores:\n  a: https://a.example/x\nworkers: 3\n"],
  [
    "zarr-cache.config.ts",
    'const workers: number = 3;\nexport default { stores: { a: "https://a.example/x" }, workers };\n',
  ],
  [
    "zarr-cache.config.mjs",
    'export default async () => ({ stores: { a: "https://a.example/x" }, workers: 3 });\n',
  ],
])("reads %s", async (name, text) => {
  const { config } = await withFile(name, text);
  expect(config).toMatchObject({
    workers: 3,
    stores: { a: { source: "https://a.example/x", writable: false } },
  });
});

it("lets flags go over the environment, and that over the file, setting by setting", async () => {
  const text = "listen: 127.0.0.1:1\nworkers: 3\ncache: { location: /file, memory: 1 MB, maxBytes: 2 MB }\n";
  const env = { ZARR_CACHE_LISTEN: "127.0.0.1:2", LOCAL_DATA_DIR: "/env", ZARR_CACHE_MEMORY: "3 MB" };
  const { config } = await withFile("zarr-cache.config.yaml", text, env, { cache: { location: "/flag" } });
  expect(config).toMatchObject({
    listen: "127.0.0.1:2",
    workers: 3,
    cache: { location: "/flag", memory: 3_000_000, maxBytes: 2_000_000 },
  });
});

it("takes the hash of a token from the environment, and never the token", async () => {
  const { config } = await loadConfig({ directory: tmpdir(), env: { ZARR_CACHE_TOKEN: "open sesame" } });
  expect(config.tokens).toMatchObject([{ scope: "admin", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  expect(JSON.stringify(config)).not.toContain("sesame");
});

it("adds the token of the environment to those of the file, and takes none of these away", async () => {
  const team = { name: "team", sha256: "0".repeat(64), scope: "read" };
  const text = JSON.stringify({ stores: { a: "./x" }, tokens: [team] });
  const env = { ZARR_CACHE_TOKEN: "open sesame" };
  const { config } = await withFile("zarr-cache.config.json", text, env);
  expect(config.tokens).toMatchObject([team, { name: "environment", scope: "admin" }]);
  await expect(withFile("zarr-cache.config.json", '{ "tokens": "none" }', env)).rejects.toThrow(/tokens: /);
});

it.each([
  [{ lisen: "x" }, "lisen: there is no such setting"],
  [{ listen: "here" }, "listen: is no address"],
  [{ stores: { a: "gopher://x" } }, "stores.a: is no source"],
  [
    { stores: { a: { source: "./x", maxAge: { data: "soon" } } } },
    "stores.a.maxAge.data: is no age; give a duration",
  ],
  [{ stores: { a: { source: "./x", nix: 1 } } }, "stores.a.nix: there is no such setting"],
  [{ stores: { a: { source: "./x", quota: "1 GB" } } }, "stores.a.quota: needs an index"],
  [
    { stores: { a: { source: "https://x", writable: true } } },
    "stores.a.writable: is for buckets and directories",
  ],
  [{ stores: { "../a": "./x" } }, "stores.../a: is no store id"],
  [{ cache: { maxBytes: "lots" } }, "cache.maxBytes: "],
  [{ tokens: [{ name: "n", sha256: "hunter2", scope: "read" }] }, "tokens[0].sha256: is no SHA-256"],
  [
    { tokens: [{ name: "n", sha256: "0".repeat(64), scope: "read", stores: ["b"] }] },
    'there is no store "b"',
  ],
  [{ proxies: { trusted: ["proxy.example"] } }, "proxies.trusted[0]: is no address and no network"],
  [{ accessLog: 2 }, "accessLog: is no share; give true, false, or the part"],
  [{ aside: { store: "b" } }, 'aside.store: there is no store "b"'],
  [
    { stores: { a: { source: "s3://b/x", s3: { accessKeyId: "hunter2" } } } },
    "stores.a.s3.accessKeyId: there is no such setting",
  ],
  [{ cache: { s3: { secretAccessKey: "hunter2" } } }, "cache.s3.secretAccessKey: there is no such setting"],
])("says the place and the fix of %j", async (flags, message) => {
  const found = await problems(flags);
  expect(found.join("\n")).toContain(message);
  expect(found.join("\n")).not.toContain("hunter2");
});

it("tells every place that is wrong, and the line of a file that cannot be parsed", async () => {
  expect(await problems({ workers: 0, logLevel: "loud" })).toHaveLength(2);
  const broken = withFile("zarr-cache.config.yaml", "stores:\n  a: [\n");
  await expect(broken).rejects.toThrow(/zarr-cache\.config\.yaml:\n {2}line \d+, column \d+: /);
});

it("prints what counts without secrets, as it could be written", async () => {
  const { config } = await loadConfig({
    directory: tmpdir(),
    env: {},
    flags: {
      cache: { index: "redis://user:hunter2@127.0.0.1", maxBytes: "1 GB" },
      stores: {
        a: {
          source: "https://me:hunter2@a.example/x?sig=hunter2",
          http: { headers: { "x-api-key": "hunter2" } },
          maxAge: "forever",
        },
      },
    },
  });
  const printed = printConfig(config);
  expect(printed).not.toContain("hunter2");
  expect(JSON.parse(printed)).toMatchObject({ stores: { a: { maxAge: "forever" } }, workers: 1 });
});

it("has its JSON Schema in the package", async () => {
  const file = new URL("../../config.schema.json", import.meta.url);
  const fix = "pnpm -s zarr-cache config --schema > packages/server/config.schema.json";
  expect(JSON.parse(await readFile(file, "utf8")), fix).toEqual(
    JSON.parse(JSON.stringify(configJsonSchema())),
  );
});

it("takes an empty variable as one that is not set", async () => {
  const env = {
    ZARR_CACHE_LOCATION: "",
    LOCAL_DATA_DIR: "/env",
    ZARR_CACHE_WORKERS: "",
    ZARR_CACHE_MEMORY: "",
    ZARR_CACHE_CONFIG: "",
  };
  const { config } = await loadConfig({ directory: tmpdir(), env });
  const plain = await loadConfig({ directory: tmpdir(), env: {} });
  expect(config).toEqual({ ...plain.config, cache: { ...plain.config.cache, location: "/env" } });
});
