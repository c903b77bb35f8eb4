/**
 * A node as a store: a Zarr group with one array whose chunks are evaluations, and its coordinates as arrays. Metadata is there
 * for versions 2 and 3. A chunk follows from the definition, the grid, the parameters and its place alone; the time that its
 * evaluation takes is its cost in a cache, and the versions of the sources below the node are its validator.
 */
import { type Coordinates, hashOf, UnitsDataArray } from "@zarr-cache/arrays";
import {
  type VirtualArray,
  virtualChunk,
  virtualChunkBytes,
  virtualChunkKeys,
  virtualKeys,
  zeros,
} from "@zarr-cache/arrays/parts";
import {
  type SourceAnswer,
  SourceChangedError,
  type SourceFreshness,
  type SourceRead,
  type SourceReadOptions,
} from "zarr-cache";
import { hashOfJson } from "../definition/hash-of-json.ts";
import { EvaluationError } from "../errors.ts";
import { planOf } from "../node/evaluate.ts";
import type { Node } from "../node/node.ts";
import { fillOutput } from "../node/output.ts";
import { checkedParams, settingsBelow } from "../node/session.ts";
import { versionBelow } from "../node/versions.ts";
import {
  chunkShape,
  type NodeStoreOptions,
  type NodeStoreSettings,
  nodeStoreSettings,
} from "./node-store-options.ts";

/** A store whose chunks are evaluated; a source for `CachedStore`, and readable by itself. */
export interface NodeStore {
  /** The hash of definition, grid, chunks, dtype and parameters. */
  readonly identity: string;
  get(key: `/${string}`, options?: SourceReadOptions): Promise<Uint8Array | undefined>;
  read(key: `/${string}`, options?: SourceRead): Promise<SourceAnswer>;
  has(key: `/${string}`): Promise<boolean>;
  keys(prefix?: string): AsyncIterable<string>;
  /** What evaluating a key again would take: what it took. */
  cost(key: string, milliseconds: number): number;
}

/** Makes a node a store; see {@link NodeStoreOptions}. Options that are impossible throw at once, or at the first read. */
export function nodeStore(node: Node, options: NodeStoreOptions): NodeStore {
  const settings = nodeStoreSettings(options);
  checkedParams(node, settings.params);
  const { coordinates, chunks = {}, dtype, params, name, gzip, formats } = settings;
  const grid = { coordinates: coordinates.definition, chunks, dtype, name, gzip, formats };
  const settingsOfTypes = settingsBelow(node, node.environment);
  const identity = hashOfJson({ node: node.hash, ...grid, params, settings: settingsOfTypes });
  const now = node.environment.now ?? Date.now;
  const monotonic = node.environment.monotonic ?? (() => performance.now());
  let described: Promise<Described> | undefined;
  const description = (signal?: AbortSignal): Promise<Described> => {
    described ??= describe(node, settings, signal).catch((error: unknown) => {
      described = undefined;
      throw error;
    });
    return described;
  };

  const read = async (key: `/${string}`, request: SourceRead = {}): Promise<SourceAnswer> => {
    await node.ready();
    const version = await versionBelow(node, { versions: new Map() });
    const validator = `"${version ? hashOf([identity, version.validator]) : identity}"`;
    if (request.ifMatch !== undefined && request.ifMatch !== validator)
      throw new SourceChangedError(`node:${identity}`, key, request.ifMatch, validator);
    const freshness: { freshness?: SourceFreshness } = {};
    if (version) {
      const left = (version.expiresAt ?? Number.POSITIVE_INFINITY) - now();
      freshness.freshness = { age: 0, freshFor: Math.max(0, Math.min(settings.recheck, left)) };
    }
    if (request.ifNoneMatch === validator) return { status: "unchanged", validator, ...freshness };
    const started = monotonic();
    const value = await bytesOf(node, settings, await description(request.signal), key, request.signal);
    if (!value) return { status: "missing" };
    const facts = { validator, size: value.byteLength, cost: monotonic() - started, ...freshness };
    if (!request.range) return { status: "value", value, ...facts };
    return { status: "value", value: rangeOf(value, request.range), whole: value, ...facts };
  };

  return {
    identity,
    read,
    async get(key, request = {}) {
      const answer = await read(key, request);
      return answer.status === "value" ? answer.value : undefined;
    },
    cost: (_, milliseconds) => milliseconds,
    async has(key) {
      const { array, fixed } = await description();
      return fixed.has(key) || virtualChunk(array, key, formats) !== undefined;
    },
    async *keys(prefix = "/") {
      const { array, fixed } = await description();
      const below = prefix.endsWith("/") ? prefix : `${prefix}/`;
      const isBelow = (key: string) => key === prefix || key.startsWith(below);
      for (const key of fixed.keys()) if (isBelow(key)) yield key;
      for (const key of virtualChunkKeys(array, formats)) if (isBelow(key)) yield key;
    },
  };
}

/** What must be known of a node before there is metadata. */
interface Described {
  readonly array: VirtualArray;
  /** Metadata and coordinates. */
  readonly fixed: ReadonlyMap<string, Uint8Array>;
}

/** Learns units and bands of a node, by one point where they are not known beforehand. */
async function describe(node: Node, settings: NodeStoreSettings, signal?: AbortSignal): Promise<Described> {
  await node.ready();
  const { answer } = planOf(node, settings.coordinates).prepared;
  let { outputUnits: units, bands } = node;
  if (units === undefined) {
    const first = Object.fromEntries(answer.dims.map((dim) => [dim, { start: 0, step: 1, size: 1 }]));
    const options = { cache: "bypass", params: settings.params, ...(signal && { signal }) } as const;
    ({ units, bands } = await node.eval(answer.take(first), options));
  }
  const { name, dtype, gzip, formats } = settings;
  const bytes = zeros(dtype, 1).BYTES_PER_ELEMENT * (bands?.length ?? 1);
  const style = node.style === undefined ? {} : { style: node.style };
  const array: VirtualArray = {
    name,
    coordinates: answer,
    bands,
    units,
    attrs: { ...style, pipeline: node.hash },
    dtype,
    chunks: chunkShape(answer, bytes, settings.chunks),
    gzip,
  };
  return { array, fixed: await virtualKeys(array, formats) };
}

/** The bytes of a key: metadata, coordinates, or an evaluation. */
async function bytesOf(
  node: Node,
  settings: NodeStoreSettings,
  { array, fixed }: Described,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const known = fixed.get(key);
  if (known) return known.slice();
  const found = virtualChunk(array, key, settings.formats);
  if (!found) return undefined;
  const coordinates = coordinatesAt(array, found.chunk);
  const failures: unknown[] = [];
  const result = await node.eval(coordinates, {
    params: settings.params,
    method: settings.method ?? "serial",
    onFailure: ({ error }) => failures.push(error),
    ...(signal && { signal }),
  });
  if (failures.length > 0)
    throw new EvaluationError(`${key}: a part of the chunk could not be evaluated`, { cause: failures[0] });
  const { bands, units } = result;
  const chunk = UnitsDataArray.create(coordinates, Number.NaN, { bands, units });
  const isWhole = result.dims.join() === chunk.dims.join() && result.coordinates.equals(coordinates);
  if (!isWhole) await fillOutput(chunk, result);
  return virtualChunkBytes(array, found.chunk, (isWhole ? result : chunk).toTypedArray(), found.format);
}

/** The coordinates of a chunk. */
function coordinatesAt({ coordinates, chunks }: VirtualArray, chunk: readonly number[]): Coordinates {
  const picks = coordinates.dims.map((dim, at) => {
    const length = chunks[at] as number;
    const start = (chunk[at] as number) * length;
    return [dim, { start, step: 1, size: Math.min(length, (coordinates.shape[at] as number) - start) }];
  });
  return coordinates.take(Object.fromEntries(picks));
}

function rangeOf(value: Uint8Array, range: NonNullable<SourceRead["range"]>): Uint8Array {
  if ("suffixLength" in range) return value.slice(Math.max(0, value.length - range.suffixLength));
  return value.slice(range.offset, range.offset + range.length);
}
