import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import FileSystemStore from "@zarrita/storage/fs";
import { afterAll } from "vitest";
import type { ArrayFacts, Checksums } from "./checksums.ts";
import { unpackSharedData } from "./shared-data.ts";

/** A Zarr hierarchy on disk whose values are known by checksum. */
export interface DataSet {
  /** Unique: `fixture coads_blosc.zarr`. */
  readonly name: string;
  readonly directory: string;
  /** By path within the hierarchy. */
  readonly arrays: Readonly<Record<string, ArrayFacts>>;
  /** A fresh source each time, as an application would open it. */
  open(): FileSystemStore;
}

const FIXTURES = fileURLToPath(new URL("../fixtures", import.meta.url));

/** The fixtures: small, and always there. */
function fixtures(): DataSet[] {
  const checksums: Checksums = JSON.parse(readFileSync(join(FIXTURES, "checksums.json"), "utf8"));
  return dataSetsIn("fixture", FIXTURES, checksums);
}

/** One fixture by its directory's name. */
export function fixture(directory: string): DataSet {
  const found = fixtures().find(({ name }) => name === `fixture ${directory}`);
  if (!found) throw new Error(`There is no fixture ${directory}`);
  return found;
}

/** The fixtures, and the full data where they are at hand. Call it while tests are collected. */
export function allDataSets(): DataSet[] {
  const shared = unpackSharedData();
  if (!shared) return fixtures();
  afterAll(() => shared.remove());
  return [...fixtures(), ...dataSetsIn("full", shared.root, shared.checksums)];
}

function dataSetsIn(kind: string, root: string, checksums: Checksums): DataSet[] {
  return Object.entries(checksums).map(([store, { arrays }]) => ({
    name: `${kind} ${store}`,
    directory: join(root, store),
    arrays,
    open: () => new FileSystemStore(join(root, store)),
  }));
}
