import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Checksums } from "./checksums.ts";

/** The full data sets that the fixtures are cut from, unpacked into a temporary directory. */
export interface SharedData {
  /** Holds one Zarr hierarchy per data set, such as `coads_blosc.zarr`. */
  readonly root: string;
  readonly checksums: Checksums;
  /** Removes the temporary directory. */
  remove(): void;
}

/**
 * Unpacks the full data, or answers undefined where it is not at hand: tests then use the fixtures alone.
 *
 * Looks in the directory that `ZARR_CACHE_DATA` names, else in `../shared/data` beside the repository, for
 * `stores/*.tar` and `checksums.json`. `only` names the stores to unpack, without it all.
 */
export function unpackSharedData(only?: readonly string[]): SharedData | undefined {
  const data =
    process.env["ZARR_CACHE_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
  const stores = join(data, "stores");
  if (!existsSync(stores)) return undefined;
  const checksums: Checksums = JSON.parse(readFileSync(join(data, "checksums.json"), "utf8"));
  const root = mkdtempSync(join(tmpdir(), "zarr-cache-data-"));
  for (const archive of readdirSync(stores).filter((name) => name.endsWith(".tar")))
    if (!only || only.includes(archive.replace(/\.tar$/, ".zarr"))) unpack(join(stores, archive), root);
  return { root, checksums, remove: () => rmSync(root, { recursive: true, force: true }) };
}

function unpack(archive: string, root: string): void {
  const { status, stderr, error } = spawnSync("tar", ["-xf", archive, "-C", root], { encoding: "utf8" });
  if (status !== 0) throw new Error(`tar could not unpack ${archive}: ${error?.message ?? stderr}`);
}
