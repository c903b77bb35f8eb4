import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

const entry = fileURLToPath(new URL("../packages/zarr-cache/src/index.ts", import.meta.url));

it("bundles the root entry for a browser with nothing left to import", async () => {
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
  expect(imports.map(({ path, kind }) => `${kind} ${path}`)).toEqual([]);
});
