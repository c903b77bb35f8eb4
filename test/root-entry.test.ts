import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

it.each([
  ["the root entry", "index.ts", []],
  ["zarr-cache/http", "http/index.ts", []],
  ["zarr-cache/locations", "locations/index.ts", []],
  ["zarr-cache/memo", "memo/index.ts", []],
  ["zarr-cache/zarrita", "zarrita/index.ts", ["import-statement zarrita"]],
])("bundles %s for a browser with nothing left to import but its peers", async (_, path, left) => {
  const entry = fileURLToPath(new URL(`../packages/zarr-cache/src/${path}`, import.meta.url));
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "browser",
    // Leaves every bare import in place, a type of import at a time: node:fs, lmdb and zarrita alike.
    packages: "external",
    metafile: true,
    write: false,
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  expect([...new Set(imports.map(({ path, kind }) => `${kind} ${path}`))]).toEqual(left);
});
