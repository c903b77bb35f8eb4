import { type Coordinates, type DType, InvalidArgumentError } from "@zarr-cache/arrays";
import { dtypeOf, zeros } from "@zarr-cache/arrays/parts";
import { type Expires, remaining } from "../cache/expiry.ts";
import type { Evaluator, Params } from "../evaluators/evaluator.ts";

/** The version of Zarr that a store speaks. */
export type ZarrFormat = 2 | 3;

/** What a node is as a Zarr array. */
export interface NodeStoreOptions {
  /** The labels of the array; dimensions that the node does not have are left out. */
  readonly coordinates: Coordinates;
  /** The length of a chunk by dimension; what is not named is cut so that a chunk has at most 2 MB. */
  readonly chunks?: Readonly<Record<string, number>>;
  /** `float64` unless told. Where there is no number, whole numbers are 0. */
  readonly dtype?: DType;
  /** Values of parameters, by address of the node and name. */
  readonly params?: Params;
  /** The name of the array in its group: `data` unless told. */
  readonly name?: string;
  /** The versions of Zarr: both unless told. */
  readonly format?: ZarrFormat | "both";
  readonly compression?: "gzip" | "none";
  /** After how long it is asked again whether the sources have changed, where they can: 5 minutes unless told. */
  readonly recheck?: Exclude<Expires, Date>;
  /** How chunks are evaluated: `serial` unless told. */
  readonly method?: "serial" | "parallel" | "remote" | "queue" | Evaluator;
}

/** Options with every default filled in but those that depend on the node. */
export interface NodeStoreSettings extends Omit<NodeStoreOptions, "format" | "recheck"> {
  readonly dtype: DType;
  readonly params: Params;
  readonly name: string;
  readonly formats: readonly ZarrFormat[];
  readonly gzip: boolean;
  /** Milliseconds. */
  readonly recheck: number;
}

const KNOWN = [
  "coordinates",
  "chunks",
  "dtype",
  "params",
  "name",
  "format",
  "compression",
  "recheck",
  "method",
];

/** Checks the options of a node store; an unknown or impossible one is an `InvalidArgumentError` that names it. */
export function nodeStoreSettings(options: NodeStoreOptions): NodeStoreSettings {
  for (const key of Object.keys(options))
    if (!KNOWN.includes(key))
      throw new InvalidArgumentError(`options.${key}`, Reflect.get(options, key), KNOWN.join(", "));
  const { format = "both", dtype = "float64", params = {}, name = "data", compression = "none" } = options;
  if (!["both", 2, 3].includes(format)) throw new InvalidArgumentError("format", format, "2, 3, both");
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name))
    throw new InvalidArgumentError("name", name, 'letters, digits, ".", "_" and "-"');
  if (compression !== "none" && compression !== "gzip")
    throw new InvalidArgumentError("compression", compression, "gzip, none");
  dtypeOf(zeros(dtype, 0));
  assertChunks(options.chunks ?? {}, options.coordinates.dims);
  const recheck = remaining(options.recheck ?? "5m", 0);
  if (!(recheck >= 0))
    throw new InvalidArgumentError("recheck", options.recheck, "milliseconds ≥ 0, or a duration");
  const formats: readonly ZarrFormat[] = format === "both" ? [3, 2] : [format as ZarrFormat];
  return { ...options, dtype, params, name, formats, gzip: compression === "gzip", recheck };
}

/** The shape of chunks: as asked, and else halved along the longest dimensions until a chunk has at most 2 MB. */
export function chunkShape(
  { dims, shape }: Pick<Coordinates, "dims" | "shape">,
  bytesPerPoint: number,
  wanted: Readonly<Record<string, number>> = {},
): number[] {
  assertChunks(wanted, dims);
  const chunks = shape.map((size, at) => Math.max(1, wanted[dims[at] as string] ?? size));
  const free = dims.flatMap((dim, at) => (wanted[dim] === undefined ? [at] : []));
  while (chunks.reduce((product, length) => product * length, bytesPerPoint) > 2e6) {
    const longest = free.reduce<number>(
      (best, at) => ((chunks[at] as number) > (chunks[best] ?? 1) ? at : best),
      -1,
    );
    if (longest < 0) break;
    chunks[longest] = Math.ceil((chunks[longest] as number) / 2);
  }
  return chunks;
}

function assertChunks(chunks: Readonly<Record<string, number>>, dims: readonly string[]): void {
  for (const [dim, length] of Object.entries(chunks))
    if (!dims.includes(dim) || !Number.isSafeInteger(length) || length < 1)
      throw new InvalidArgumentError(`chunks.${dim}`, length, `a whole number ≥ 1 for ${dims.join(", ")}`);
}
