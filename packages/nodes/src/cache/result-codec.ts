import {
  Coordinates,
  type CoordinatesDefinition,
  type DType,
  type NumericData,
  UnitsDataArray,
} from "@zarr-cache/arrays";
import { dtypeOf, ordered, type Strided, zeros } from "@zarr-cache/arrays/parts";
import type { PipelineDefinition } from "../definition/pipeline-definition.ts";
import { CacheError } from "../errors.ts";
import { isJson } from "../node/is-json.ts";

/** Numbers with a shape but no labels, as the package `ndarray` makes them. */
export type NdArrayLike = Strided;

/** What can be kept: labelled arrays, plain ones, nodes, JSON, and bytes that mean something to whoever wrote them. */
export type Keepable = UnitsDataArray | NdArrayLike | NodeLike | Uint8Array | JsonValue;

/** Any value that JSON can hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** What is written of a node. */
export interface NodeLike {
  readonly pipelineDict: PipelineDefinition;
}

/** A result as it was kept. A node comes back as its definition. */
export type Kept =
  | { readonly kind: "array"; readonly value: UnitsDataArray }
  | { readonly kind: "ndarray"; readonly value: NdArrayLike }
  | { readonly kind: "node"; readonly value: PipelineDefinition }
  | { readonly kind: "json"; readonly value: JsonValue }
  | { readonly kind: "bytes"; readonly value: Uint8Array };

/** What stands before the values. */
export interface Header {
  readonly kind: Kept["kind"];
  /** What the result was asked for, if for coordinates. */
  readonly coordinates?: CoordinatesDefinition;
  /** The address of the node in the pipeline that was evaluated, for people. */
  readonly node?: string;
  /** Whether a part of it could not be computed, and is NaN. */
  readonly isPartial?: true;
  readonly [member: string]: unknown;
}

type ArrayHeader = Pick<UnitsDataArray, "dims" | "bands" | "units" | "attrs" | "name"> & {
  readonly labels: CoordinatesDefinition;
};

/** Writes a result with what it was asked for: the length of a header, the header as JSON, the values. */
export function encodeResult(
  value: Keepable,
  about: Pick<Header, "coordinates" | "node" | "isPartial"> = {},
): Uint8Array<ArrayBuffer> {
  if (value instanceof UnitsDataArray) {
    const { dims, bands, units, attrs, name, dtype } = value;
    const labels = value.coordinates.definition;
    return joined(
      { ...about, kind: "array", dims, labels, bands, units, attrs, name, dtype },
      value.toTypedArray(),
    );
  }
  if (value instanceof Uint8Array) return joined({ ...about, kind: "bytes" }, value);
  if (isNode(value)) return joined({ ...about, kind: "node", value: value.pipelineDict }, new Uint8Array());
  if (isNdArray(value))
    return joined(
      { ...about, kind: "ndarray", shape: [...value.shape], dtype: dtypeOf(value.data) },
      ordered(value),
    );
  if (!isJson(value)) throw new CacheError("Only arrays, nodes, JSON and bytes can be kept");
  return joined({ ...about, kind: "json", value }, new Uint8Array());
}

/** Reads the header of a result. */
export function headerOf(bytes: Uint8Array): Header {
  return split(bytes).header;
}

/** Reads back what {@link encodeResult} wrote. The values are the caller's own. */
export function decodeResult(bytes: Uint8Array): Kept {
  const { header, values } = split(bytes);
  const { kind } = header;
  if (kind === "bytes") return { kind, value: values.slice() };
  if (kind === "node") return { kind, value: header["value"] as PipelineDefinition };
  if (kind === "json") return { kind, value: header["value"] as JsonValue };
  const data = numbersOf(header["dtype"] as DType, values);
  if (kind === "ndarray") return { kind, value: plain(data, header["shape"] as number[]) };
  if (!isOfArray(header)) throw new CacheError(`A result is of the unknown kind ${JSON.stringify(kind)}`);
  const { labels, dims, bands, units, attrs, name } = header;
  return {
    kind: "array",
    value: new UnitsDataArray(data, Coordinates.fromDefinition(labels), { dims, bands, units, attrs, name }),
  };
}

function joined(header: Header, values: NumericData | Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = Math.ceil((4 + text.byteLength) / 8) * 8;
  const bytes = new Uint8Array(start + values.byteLength);
  new DataView(bytes.buffer).setUint32(0, text.byteLength, true);
  bytes.set(text, 4);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
  return bytes;
}

function split(bytes: Uint8Array): { readonly header: Header; readonly values: Uint8Array } {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return { header, values: bytes.subarray(Math.ceil((4 + length) / 8) * 8) };
}

function numbersOf(dtype: DType, bytes: Uint8Array): NumericData {
  const probe = zeros(dtype, 0);
  const data = zeros(dtype, bytes.byteLength / probe.BYTES_PER_ELEMENT);
  new Uint8Array(data.buffer).set(bytes);
  return data;
}

function plain(data: NumericData, shape: readonly number[]): Strided {
  const stride = shape.map((_, at) => shape.slice(at + 1).reduce((product, length) => product * length, 1));
  return { data, shape, stride, offset: 0 };
}

function isOfArray(header: Header): header is Header & ArrayHeader {
  return header.kind === "array";
}

function isNode(value: object | unknown): value is NodeLike {
  return typeof value === "object" && value !== null && "pipelineDict" in value;
}

function isNdArray(value: unknown): value is Strided {
  const { data, shape, stride } = Object(value);
  return ArrayBuffer.isView(data) && Array.isArray(shape) && Array.isArray(stride);
}
