import { directoryOf, type Key } from "../key.ts";

/** The metadata documents that consolidated metadata tell of, with the type of the node where they say it. */
export type Consolidated = ReadonlyMap<string, string | undefined>;

/** Names of documents that may hold consolidated metadata: v3, v2. */
export const CONSOLIDATED: readonly string[] = ["zarr.json", ".zmetadata"];

/** Whether a key is of a document that may tell of arrays: that of a node, or of consolidated metadata. */
export function tellsOfArrays(key: string): boolean {
  return /\/(?:zarr\.json|\.zarray|\.zmetadata)$/.test(key);
}

/** What a metadata document is, as far as caching goes. */
export interface DocumentKind {
  /** Whether it is an array's. */
  readonly isArray: boolean;
  /** What it lists, where it holds consolidated metadata: a group's `zarr.json`, or `.zmetadata`. */
  readonly lists: Consolidated | undefined;
}

/** Looks into a metadata document. One that cannot be read is none. */
export function kindOf(document: Key, bytes: Uint8Array | undefined): DocumentKind {
  const name = document.slice(directoryOf(document).length);
  if (!CONSOLIDATED.includes(name)) return { isArray: name === ".zarray", lists: undefined };
  const json = parseJson(bytes);
  const listed: unknown = (name === "zarr.json" ? json?.["consolidated_metadata"] : json)?.["metadata"];
  return {
    isArray: json?.["node_type"] === "array",
    lists: isRecord(listed) ? new Map(listedKeys(document, name, listed)) : undefined,
  };
}

/** The documents that consolidated metadata list, itself first. */
function* listedKeys(
  document: Key,
  name: string,
  listed: Record<string, unknown>,
): Iterable<[string, string | undefined]> {
  const base = document.slice(0, -name.length);
  yield [document, name === "zarr.json" ? "group" : undefined];
  for (const [path, node] of Object.entries(listed))
    yield name === "zarr.json"
      ? [`${base}${path}/zarr.json`, (node as Json)?.["node_type"]]
      : [base + path, undefined];
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of somebody else, looked into with optional chaining only.
type Json = Record<string, any> | undefined;

/** The object in a document of JSON; `undefined` where there is none. */
export function parseJson(bytes: Uint8Array | undefined): Json {
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
