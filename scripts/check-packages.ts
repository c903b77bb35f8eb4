import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Checks what would be published rather than what is in the tree: packs each public package, lets publint and attw
 * read the tarball, installs the tarballs into an empty project elsewhere, and there runs `test/packed/*.mjs` and
 * compiles `test/packed/*-types.mts`. What ends in `bare-types.mts` is compiled in another, without any optional package.
 * Run it after a build.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const packed = join(root, "test", "packed");
const project = mkdtempSync(join(tmpdir(), "zarr-cache-packed-"));
const bare = mkdtempSync(join(tmpdir(), "zarr-cache-bare-"));
const BARE = "bare-types.mts";

try {
  const tarballs = publicPackages().map((folder) => pack(folder));
  for (const tarball of tarballs) {
    run(bin("publint"), ["--strict", tarball], root);
    run(bin("attw"), ["--profile", "esm-only", "--no-emoji", tarball], root);
  }
  install(tarballs);
  runPrograms();
  compileTypes(project, "", (name) => !name.endsWith(BARE));
  installBare(tarballs);
  compileTypes(bare, "node", (name) => name.endsWith(BARE));
} finally {
  for (const folder of [project, bare]) rmSync(folder, { recursive: true, force: true });
}

/** Lists the folders of the packages that are not private. */
function publicPackages(): string[] {
  const folders = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
  return folders.filter((folder) => !manifest(folder).private);
}

/** Packs with pnpm, which alone turns `workspace:` versions into real ones, and returns the tarball's path. */
function pack(folder: string): string {
  const before = new Set(readdirSync(project));
  const pnpm = process.env["npm_execpath"];
  if (!pnpm?.includes("pnpm")) throw new Error("Run this through pnpm: `pnpm check:packages`");
  run(process.execPath, [pnpm, "pack", "--pack-destination", project], folder);
  const name = readdirSync(project).find((file) => file.endsWith(".tgz") && !before.has(file));
  if (!name) throw new Error(`Packing ${folder} left no tarball in ${project}`);
  return join(project, name);
}

/** Installs the tarballs beside the zarrita that the tests use. */
function install(tarballs: readonly string[]): void {
  installInto(project, [`zarrita@${manifest(join(root, "test")).dependencies?.["zarrita"]}`, ...tarballs]);
}

/** Installs the library alone, without what is optional, and the types of Node. */
function installBare(tarballs: readonly string[]): void {
  const library = tarballs.filter((path) => /\/zarr-cache-[0-9][^/]*\.tgz$/.test(path));
  if (library.length !== 1) throw new Error(`The tarball of zarr-cache is not among ${tarballs.join(", ")}`);
  const types = `@types/node@${manifest(root).devDependencies?.["@types/node"]}`;
  installInto(bare, ["--omit=optional", types, ...library]);
}

function installInto(folder: string, what: readonly string[]): void {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...what], folder);
}

function runPrograms(): void {
  for (const program of copyInto(project, (name) => name.endsWith(".mjs")))
    run(process.execPath, [program], project);
}

function compileTypes(folder: string, types: string, which: (name: string) => boolean): void {
  const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--types", types];
  const lib = ["--lib", "es2023,esnext.disposable,dom,dom.iterable,dom.asynciterable"];
  run(
    bin("tsc"),
    [
      ...["--ignoreConfig", ...options, ...lib, "--skipLibCheck", "false"],
      ...copyInto(folder, (name) => name.endsWith(".mts") && which(name)),
    ],
    folder,
  );
}

/** Copies some of the files of `test/packed` into an empty project, and returns their names. */
function copyInto(folder: string, which: (name: string) => boolean): string[] {
  const names = readdirSync(packed).filter(which);
  for (const name of names) copyFileSync(join(packed, name), join(folder, name));
  return names;
}

function manifest(folder: string): {
  private?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
} {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function bin(name: string): string {
  return join(root, "node_modules", ".bin", name);
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${error ?? status}`);
}
