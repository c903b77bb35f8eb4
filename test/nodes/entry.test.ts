import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

const root = new URL("../../packages/nodes/", import.meta.url);

it("bundles for a browser with its dependencies alone left to import", async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL("src/index.ts", root))],
    bundle: true,
    format: "esm",
    platform: "browser",
    packages: "external",
    metafile: true,
    write: false,
  });
  const { dependencies } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const names = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  const packages = new Set(
    names.map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    ),
  );
  expect([...packages].filter((name) => !(name in dependencies))).toEqual([]);
});
