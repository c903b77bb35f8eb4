import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** What a package leaves to import when its root entry is bundled for a browser. */
export interface BundledImports {
  /** Packages. */
  readonly imported: ReadonlySet<string>;
  /** Those among them that it does not declare as dependencies. */
  readonly undeclared: readonly string[];
}

/** Bundles the root entry of a package of this repository, named by its folder, for a browser. */
export async function bundledImports(folder: string): Promise<BundledImports> {
  const root = new URL(`../../packages/${folder}/`, import.meta.url);
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
  const paths = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  const imported = new Set(paths.map(packageOf));
  return { imported, undeclared: [...imported].filter((name) => !(name in dependencies)) };
}

function packageOf(path: string): string {
  return path
    .split("/")
    .slice(0, path.startsWith("@") ? 2 : 1)
    .join("/");
}
