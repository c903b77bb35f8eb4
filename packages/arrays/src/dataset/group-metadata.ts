import { DatasetError, shown } from "../errors.ts";
import { mapBounded } from "./concurrency.ts";
import { childNames, type ReadableStore, type StoreKey, type StoreReadOptions } from "./readable-store.ts";

/** What is known of a group before its arrays are opened. */
export interface GroupMetadata {
  readonly format: 2 | 3;
  readonly path: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Names of the arrays in it. */
  readonly arrays: readonly string[];
  /** The store, with the metadata that are known already answered from memory. */
  readonly store: ReadableStore;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads a group's metadata: consolidated where they are, else node by node, of the arrays named or else all listed. */
export async function readGroup(
  store: ReadableStore,
  path: string,
  options: StoreReadOptions & { readonly variables?: readonly string[] | undefined },
): Promise<GroupMetadata> {
  const at = `/${path.replace(/^\/+|\/+$/g, "")}`;
  const key = (name: string) => `${at === "/" ? "" : at}/${name}` as StoreKey;
  const read = async (name: string) => parseJson(key(name), await store.get(key(name), options));
  const [three, consolidated] = await Promise.all([read("zarr.json"), read(".zmetadata")]);
  if (three) return readVersion3(store, at, three, options);
  if (consolidated) return readConsolidated2(store, at, consolidated, options.variables);
  const [group, array, attrs] = await Promise.all([read(".zgroup"), read(".zarray"), read(".zattrs")]);
  if (array) throw new DatasetError(`${at} is an array, not a group; open the group that holds it`);
  if (!group)
    throw new DatasetError(
      `There is no Zarr group at ${at}: neither zarr.json, .zmetadata nor .zgroup is there`,
    );
  const arrays = await listedArrays(
    store,
    at,
    options,
    async (name, signal) => (await store.get(key(`${name}/.zarray`), { signal })) !== undefined,
  );
  return { format: 2, path: at, attrs: attrs ?? {}, arrays, store };
}

async function readVersion3(
  store: ReadableStore,
  at: string,
  document: Json,
  options: StoreReadOptions & { readonly variables?: readonly string[] | undefined },
): Promise<GroupMetadata> {
  if (document["node_type"] === "array")
    throw new DatasetError(`${at} is an array, not a group; open the group that holds it`);
  const attrs = record(document["attributes"]) ?? {};
  const below = record(record(document["consolidated_metadata"])?.["metadata"]);
  const base = at === "/" ? "" : at;
  if (below) {
    const isArray = (name: string) => record(below[name])?.["node_type"] === "array" && !name.includes("/");
    const known = new Map(
      Object.entries(below).map(([name, node]) => [`${base}/${name}/zarr.json`, encode(node)]),
    );
    const arrays = chosen(at, Object.keys(below).filter(isArray), options.variables);
    return { format: 3, path: at, attrs, arrays, store: answering(store, known) };
  }
  const arrays = await listedArrays(store, at, options, async (name, signal) => {
    const key = `${base}/${name}/zarr.json` as StoreKey;
    const node = parseJson(key, await store.get(key, { signal }));
    return node?.["node_type"] === "array";
  });
  return { format: 3, path: at, attrs, arrays, store };
}

function readConsolidated2(
  store: ReadableStore,
  at: string,
  document: Json,
  variables: readonly string[] | undefined,
): GroupMetadata {
  const metadata = record(document["metadata"]);
  if (!metadata) throw new DatasetError(`${at}/.zmetadata has no object "metadata": ${shown(document)}`);
  const base = at === "/" ? "" : at;
  const known = new Map<string, Uint8Array | undefined>();
  const names: string[] = [];
  for (const [name, node] of Object.entries(metadata)) {
    known.set(`${base}/${name}`, encode(node));
    const array = /^([^/]+)\/\.zarray$/.exec(name)?.[1];
    if (array === undefined) continue;
    names.push(array);
    if (!(`${array}/.zattrs` in metadata)) known.set(`${base}/${array}/.zattrs`, undefined);
  }
  const attrs = record(metadata[".zattrs"]) ?? {};
  return { format: 2, path: at, attrs, arrays: chosen(at, names, variables), store: answering(store, known) };
}

async function listedArrays(
  store: ReadableStore,
  at: string,
  { variables, signal }: StoreReadOptions & { readonly variables?: readonly string[] | undefined },
  isArray: (name: string, signal: AbortSignal) => Promise<boolean>,
): Promise<string[]> {
  const names = variables ?? (await childNames(store, at));
  if (!names)
    throw new DatasetError(
      `Group ${at} has no consolidated metadata and its store cannot list; name its arrays: { variables: ["…"] }`,
    );
  const found = await mapBounded(names, signal, isArray);
  const missing = variables?.filter((_, each) => !found[each]);
  if (missing && missing.length > 0) throw new DatasetError(`Group ${at} has no array ${missing.join(", ")}`);
  return names.filter((_, each) => found[each]);
}

function chosen(
  at: string,
  names: readonly string[],
  variables: readonly string[] | undefined,
): readonly string[] {
  const missing = variables?.filter((name) => !names.includes(name)) ?? [];
  if (missing.length > 0)
    throw new DatasetError(`Group ${at} has no array ${missing.join(", ")}; there are ${names.join(", ")}`);
  return variables ?? names;
}

/** A store whose known documents cost no read; what zarrita's extensions hang on a store is passed on. */
function answering(store: ReadableStore, known: ReadonlyMap<string, Uint8Array | undefined>): ReadableStore {
  const extensions: unknown = Reflect.get(store, "arrayExtensions");
  return {
    get: async (key, options) => (known.has(key) ? known.get(key) : store.get(key, options)),
    // As it is, for each array to bind: that of a cached store remembers which version of a shard its array reads.
    ...(store.getRange && { getRange: store.getRange.bind(store) }),
    ...(extensions !== undefined && { arrayExtensions: extensions }),
  };
}

function parseJson(key: string, bytes: Uint8Array | undefined): Json | undefined {
  if (!bytes) return undefined;
  try {
    // Python writes NaN and Infinity, which JSON has not, into consolidated metadata; Zarr's own are strings.
    const text = new TextDecoder()
      .decode(bytes)
      .replace(/([:[,]\s*)(-?Infinity|NaN)(?=\s*[,}\]])/g, '$1"$2"');
    const value = record(JSON.parse(text));
    if (value) return value;
  } catch (error) {
    throw new DatasetError(`${key} is not JSON`, { cause: error });
  }
  throw new DatasetError(`${key} is not a JSON object`);
}

function record(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function encode(node: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(node));
}
