import * as zarr from "zarrita";
import { explain } from "./explain.ts";

/** An array to read, as far as planning needs to know it. */
export interface Subarray {
  readonly path: string;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  /** Of one value, decoded; an estimate for texts and objects. */
  readonly valueBytes: number;
}

/** There is nothing at the URL that can be read; the message says what was found, in one line. */
class ExplorationError extends Error {}

const LISTED = 12;

/** Finds the array of that name, or without a name the largest, below a URL. */
export async function findArray(url: URL, name: string | undefined): Promise<Subarray> {
  const source = new zarr.FetchStore(url);
  const store = await reach(url, () => zarr.withMaybeConsolidatedMetadata(source));
  const listed = "contents" in store ? store.contents().filter(({ kind }) => kind === "array") : undefined;
  const paths = listed?.map(({ path }) => path.slice(1));

  if (name !== undefined) {
    const array = await reach(url, () => openArray(store, name));
    if (array) return describe(array);
    throw new ExplorationError(`No array "${name}" at ${url}; ${found(paths)}`);
  }
  const root = await reach(url, () => openArray(store, ""));
  if (root) return describe(root);
  if (!paths) {
    const group = await reach(url, () => openGroup(store));
    throw new ExplorationError(
      group
        ? `${url} is a Zarr group without consolidated metadata: name an array, as in: pnpm demo ${url} t2m`
        : `${url} is not Zarr: there is no zarr.json, .zarray or .zgroup`,
    );
  }
  const arrays = await reach(url, () => Promise.all(paths.map((path) => openArray(store, path))));
  const [largest] = arrays
    .flatMap((array) => (array ? [describe(array)] : []))
    .sort((a, b) => volume(b) - volume(a));
  if (!largest) throw new ExplorationError(`${url} is a Zarr group without arrays`);
  return largest;
}

async function openArray(store: zarr.Readable, path: string) {
  return orUndefined(zarr.open(zarr.root(store).resolve(path), { kind: "array" }));
}

async function openGroup(store: zarr.Readable) {
  return orUndefined(zarr.open(store, { kind: "group" }));
}

/** What is not there, or not metadata, is no array; whatever else happens is told. */
async function orUndefined<T>(opened: Promise<T>): Promise<T | undefined> {
  try {
    return await opened;
  } catch (error) {
    if (zarr.isZarritaError(error, "NotFoundError", "InvalidMetadataError") || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}

async function reach<T>(url: URL, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw new ExplorationError(`Cannot read ${url}: ${explain(error)}`, { cause: error });
  }
}

function describe({ path, shape, chunks, dtype }: zarr.Array<zarr.DataType>): Subarray {
  const bits = /\d+$/.exec(dtype)?.[0];
  return { path, shape, chunks, valueBytes: bits ? Math.max(1, Number(bits) / 8) : 8 };
}

function volume({ shape }: Subarray): number {
  return shape.reduce((product, size) => product * size, 1);
}

function found(paths: readonly string[] | undefined): string {
  if (!paths) return "neither zarr.json nor .zarray is there, and no consolidated metadata to list what is";
  if (paths.length === 0) return "the consolidated metadata list no array";
  const rest = paths.length > LISTED ? ` and ${paths.length - LISTED} more` : "";
  return `found: ${paths.slice(0, LISTED).join(", ")}${rest}`;
}
