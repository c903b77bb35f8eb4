import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryDirectory } from "./temporary-directory.ts";

/** The Debian packages that the comparison needs. */
export const XARRAY_PACKAGES = [
  "python3-xarray",
  "python3-zarr",
  "python3-dask",
  "python3-fsspec",
  "python3-netcdf4",
] as const;

/** What xarray is asked for: all variables of a store or one, whole or selected by label. */
export interface XarrayRequest {
  readonly store: string;
  readonly variable?: string;
  readonly sel?: Readonly<Record<string, unknown>>;
  readonly method?: "nearest";
  readonly mean?: string;
  readonly decode_times?: boolean;
  readonly drop_variables?: readonly string[];
  readonly consolidated?: false;
}

/** An array as xarray reads it. */
export interface XarrayAnswer {
  readonly request: number;
  readonly name: string;
  readonly dims: readonly string[];
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly units: string | null;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** By dimension; instants in milliseconds. */
  readonly labels: Readonly<Record<string, readonly number[]>>;
  readonly text?: readonly string[];
  readonly values: Float64Array;
}

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL("read-with-xarray.py", import.meta.url));

/** Asks Debian's xarray. */
export async function readWithXarray(requests: readonly XarrayRequest[]): Promise<XarrayAnswer[]> {
  const directory = await temporaryDirectory();
  // Not in this turn of the event loop, in which a store that this process serves could not answer.
  const running = run("/usr/bin/python3", [SCRIPT, directory], { maxBuffer: 2 ** 28 });
  running.child.stdin?.end(JSON.stringify(requests));
  const { stdout } = await running;
  const index: (Omit<XarrayAnswer, "values"> & { file?: string; stored?: string })[] = JSON.parse(stdout);
  return index.map((entry) => ({
    ...entry,
    values: entry.file ? valuesOf(readFileSync(entry.file), entry.stored) : new Float64Array(),
  }));
}

const KINDS: Readonly<Record<string, new (buffer: ArrayBuffer) => ArrayLike<number> & Iterable<number>>> = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  int16: Int16Array,
  uint8: Uint8Array,
};

function valuesOf(bytes: Buffer, kind = ""): Float64Array {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  if (kind === "int64") return Float64Array.from(new BigInt64Array(buffer), Number);
  const Kind = KINDS[kind];
  if (!Kind) throw new Error(`xarray gave values of type ${kind}`);
  return Float64Array.from(new Kind(buffer));
}
