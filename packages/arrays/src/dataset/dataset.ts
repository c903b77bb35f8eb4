import * as zarr from "zarrita";
import { BAND } from "../array/labelled.ts";
import type { PositionSelection } from "../array/position-selection.ts";
import { descriptionLines } from "../array/print-array.ts";
import type { Selection, SelectionOptions } from "../array/selection.ts";
import { Coordinates } from "../coordinates/coordinates.ts";
import { crsFacts, DEFAULT_CRS, WGS84_WITH_HEIGHT } from "../coordinates/crs.ts";
import { axisPart } from "../coordinates/part.ts";
import { assertKnown, DatasetError, InvalidArgumentError } from "../errors.ts";
import { showInNode } from "../inspect.ts";
import { cfAxisOf } from "./cf-axis.ts";
import { decoderOf, isNumeric, PACKING_ATTRIBUTES } from "./cf-decoding.ts";
import { dimensionNames } from "./dimension-names.ts";
import { type GroupMetadata, readGroup } from "./group-metadata.ts";
import { axisOfValues, type Labels, positionLabels } from "./labels.ts";
import { LazyArray, type LoadOptions } from "./lazy-array.ts";
import type { ReadableStore, StoreKey } from "./readable-store.ts";

/** How a group is opened. */
export interface OpenOptions {
  /** Ends the opening. */
  readonly signal?: AbortSignal;
  /** The arrays to open, coordinates among them; all unless told. Needed where a store can neither tell nor list. */
  readonly variables?: readonly string[];
  /** `file` (default): dimensions are named as in the file. `cf`: those that CF attributes tell are lat, lon, time, alt. */
  readonly names?: "file" | "cf";
  /** Whether times become instants: yes unless told. */
  readonly decodeTimes?: boolean;
  /** Whether the fill value of an array's metadata marks missing values: of version 2 yes, of 3 no, as xarray does. */
  readonly maskFillValue?: boolean;
}

interface Opened {
  readonly name: string;
  readonly path: string;
  readonly array: zarr.Array<zarr.DataType, zarr.Readable>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly dims: readonly string[];
}

/** The arrays of one Zarr group, with their labels. Opening reads metadata and labels; values are read on request. */
export class Dataset {
  /** The arrays that are not coordinates, by name. */
  readonly variables: ReadonlyMap<string, LazyArray>;
  /** The arrays that hold labels, by name. */
  readonly coords: ReadonlyMap<string, LazyArray>;
  readonly attrs: Readonly<Record<string, unknown>>;

  constructor(
    variables: ReadonlyMap<string, LazyArray>,
    coords: ReadonlyMap<string, LazyArray>,
    attrs: Readonly<Record<string, unknown>>,
  ) {
    this.variables = variables;
    this.coords = coords;
    this.attrs = attrs;
  }

  /**
   * Opens a Zarr group of version 2 or 3. Dimensions come from `_ARRAY_DIMENSIONS` or `dimension_names`, labels from the
   * one-dimensional array of the same name, or the only one that a `coordinates` attribute names; a dimension without
   * labels has its positions. Values are decoded as CF says. Errors are {@link DatasetError}, and name group or array.
   */
  static async open(store: ReadableStore, path = "/", options: OpenOptions = {}): Promise<Dataset> {
    assertKnown("options", options, ["signal", "variables", "names", "decodeTimes", "maskFillValue"]);
    if (typeof Reflect.get(Object(store), "get") !== "function")
      throw new InvalidArgumentError("store", store, "a store with get(key)");
    const { signal, names = "file", decodeTimes = true } = options;
    if (names !== "file" && names !== "cf") throw new InvalidArgumentError("names", names, "file, cf");
    const group = await readGroup(store, path, { variables: options.variables, ...(signal && { signal }) });
    const arrays = await Promise.all(group.arrays.map((name) => openArray(group, name, signal)));
    const masks = options.maskFillValue ?? group.format === 2;
    const labels = await readLabels(arrays, decodeTimes, masks, signal);
    const rename = names === "cf" ? cfNames(arrays, labels) : new Map<string, string>();
    const auxiliary = new Set(arrays.flatMap(({ attrs }) => coordinateNames(attrs)));
    const [variables, coords] = [new Map<string, LazyArray>(), new Map<string, LazyArray>()];
    for (const opened of arrays) {
      const lazy = lazyArray(opened, arrays, labels, rename, masks);
      const isCoordinate = opened.dims.includes(opened.name) || auxiliary.has(opened.name);
      (isCoordinate ? coords : variables).set(opened.name, lazy);
    }
    return new Dataset(variables, coords, group.attrs);
  }

  /** An array by its name, coordinates included; an unknown name is an error that lists those there are. */
  get(name: string): LazyArray {
    const found = this.variables.get(name) ?? this.coords.get(name);
    if (!found)
      throw new DatasetError(
        `There is no variable ${JSON.stringify(name)}; there are ${[...this.variables.keys(), ...this.coords.keys()].join(", ")}`,
      );
    return found;
  }

  /** The dimensions of all arrays, with their sizes; of arrays that differ, the size of the first. */
  get dims(): Record<string, number> {
    const sizes: Record<string, number> = {};
    for (const array of this.variables.values())
      for (const [at, dim] of array.dims.entries()) sizes[dim] ??= array.shape[at] as number;
    return sizes;
  }

  /** Selects by label in every variable that has the dimensions; one that none has is an error. */
  sel(selection: Selection, options: SelectionOptions = {}): Dataset {
    return this.#each(Object.keys(selection), selection, (array, part) => array.sel(part, options));
  }

  /** Selects by position in every variable that has the dimensions. */
  isel(selection: PositionSelection): Dataset {
    return this.#each(Object.keys(selection), selection, (array, part) => array.isel(part));
  }

  /** Reads all variables, one after another. */
  async load(options: LoadOptions = {}): Promise<Map<string, Awaited<ReturnType<LazyArray["load"]>>>> {
    const loaded = new Map<string, Awaited<ReturnType<LazyArray["load"]>>>();
    for (const [name, array] of this.variables) loaded.set(name, await array.load(options));
    return loaded;
  }

  toString(): string {
    const sizes = Object.entries(this.dims).map(([dim, size]) => `${dim}: ${size}`);
    const labelled = [...this.variables.values()].flatMap(({ coordinates }) => coordinates.parts);
    const parts = [...new Map(labelled.map((part) => [part.names.join(), part])).values()];
    const width = Math.max(0, ...[...this.variables.keys()].map(({ length }) => length));
    const lines = [...this.variables.values()].map(
      ({ name, dims, units, chunkCount }) =>
        `    ${name.padEnd(width)}  (${dims.join(", ")})${units === undefined ? "" : ` ${units}`}, ${chunkCount} chunks`,
    );
    const description = descriptionLines({
      coordinates: { parts },
      bands: undefined,
      units: undefined,
      attrs: this.attrs,
    });
    const attributesAt = description.indexOf("Attributes:");
    const at = attributesAt < 0 ? description.length : attributesAt;
    return [
      "<Dataset>",
      `Dimensions: (${sizes.join(", ")})`,
      ...description.slice(0, at),
      "Data variables:",
      ...lines,
      ...description.slice(at),
    ].join("\n");
  }

  #each<V>(
    names: readonly string[],
    selection: Readonly<Record<string, V>>,
    take: (array: LazyArray, part: Record<string, V>) => LazyArray,
  ): Dataset {
    const has = (array: LazyArray, name: string) =>
      array.dims.includes(name) || array.coordinates.udims.includes(name);
    const arrays = [...this.variables.values()];
    for (const name of names)
      if (!arrays.some((array) => has(array, name)))
        throw new DatasetError(
          `No variable has the dimension ${JSON.stringify(name)}; there are ${Object.keys(this.dims).join(", ")}`,
        );
    const chosen = (array: LazyArray) =>
      Object.fromEntries(Object.entries(selection).filter(([name]) => has(array, name)));
    return new Dataset(
      new Map(arrays.map((array) => [array.name, take(array, chosen(array))])),
      this.coords,
      this.attrs,
    );
  }
}

showInNode(Dataset.prototype);

async function openArray(
  { store, path, format }: GroupMetadata,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Opened> {
  const full = `${path === "/" ? "" : path}/${name}` as StoreKey;
  const location = new zarr.Location(store as zarr.Readable, full);
  const open = format === 2 ? zarr.open.v2 : zarr.open.v3;
  try {
    const array = await open(location, { kind: "array", ...(signal && { signal }) });
    const dims = dimensionNames(
      name,
      array.shape,
      array.attrs,
      format === 3 ? array.dimensionNames : undefined,
    );
    return { name, path: full, array, attrs: array.attrs, dims };
  } catch (error) {
    if (error instanceof DatasetError || signal?.aborted) throw error;
    throw new DatasetError(
      `Array ${full} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** Reads the labels of every dimension that has some: by name of the dimension, and size where arrays differ. */
async function readLabels(
  arrays: readonly Opened[],
  decodesTimes: boolean,
  masks: boolean,
  signal: AbortSignal | undefined,
): Promise<Map<string, Labels>> {
  const byDim = new Map<string, Opened>();
  for (const array of arrays)
    if (array.dims.length === 1 && array.dims[0] === array.name) byDim.set(array.name, array);
  const named = new Set(arrays.flatMap(({ attrs }) => coordinateNames(attrs)));
  for (const dim of new Set(arrays.flatMap(({ dims }) => dims))) {
    if (byDim.has(dim)) continue;
    const along = arrays.filter(
      ({ name, dims, array }) =>
        named.has(name) && dims.length === 1 && dims[0] === dim && isNumeric(array.dtype),
    );
    if (along.length === 1 && along[0]) byDim.set(dim, along[0]);
  }
  const read = [...byDim].map(async ([dim, opened]): Promise<[string, Labels][]> => {
    if (!isNumeric(opened.array.dtype)) {
      const { data } = await zarr.get(opened.array, null, signal ? { opts: { signal } } : {});
      return dim === BAND ? [[dim, { names: Array.from(data as Iterable<unknown>, String) }]] : [];
    }
    const values = await plain(opened, masks).load(signal ? { signal } : {});
    return [[dim, { axis: axisOfValues(opened.name, values.toTypedArray(), opened.attrs, decodesTimes) }]];
  });
  return new Map((await Promise.all(read)).flat());
}

function plain(opened: Opened, masks: boolean): LazyArray {
  const { name, path, array, dims, attrs } = opened;
  const parts = dims.map((dim, at) => axisPart(dim, positionLabels(array.shape[at] as number)));
  const coordinates = Coordinates.of(parts, {
    dimensions: "any",
    crs: dims.includes("alt") ? WGS84_WITH_HEIGHT : DEFAULT_CRS,
  });
  return new LazyArray({
    name,
    path,
    array,
    dims,
    coordinates,
    bands: undefined,
    units: undefined,
    attrs,
    decoder: () => decoderFor(opened, masks),
  });
}

function lazyArray(
  opened: Opened,
  arrays: readonly Opened[],
  labels: ReadonlyMap<string, Labels>,
  rename: ReadonlyMap<string, string>,
  masks: boolean,
): LazyArray {
  const { name, path, array, attrs } = opened;
  const { shape } = array;
  const bandLabels = labels.get(BAND);
  const bandAt = opened.dims.indexOf(BAND);
  const bands = bandAt >= 0 ? bandNames(bandLabels, shape[bandAt] as number) : undefined;
  const dims = opened.dims.map((dim) => rename.get(dim) ?? dim);
  const parts = dims.flatMap((dim, at) => {
    const found = labels.get(opened.dims[at] as string);
    const size = shape[at] as number;
    if (dim === BAND) return [];
    return [
      axisPart(dim, found && "axis" in found && found.axis.size === size ? found.axis : positionLabels(size)),
    ];
  });
  const units = attrs["units"];
  const kept = Object.entries(attrs).filter(
    ([key]) => !PACKING_ATTRIBUTES.includes(key) && !["_ARRAY_DIMENSIONS", "units", "crs"].includes(key),
  );
  const crs = crsOf(attrs, arrays) ?? (dims.includes("alt") ? WGS84_WITH_HEIGHT : DEFAULT_CRS);
  return new LazyArray({
    name,
    path,
    array,
    dims,
    coordinates: Coordinates.of(parts, {
      dimensions: "any",
      crs: dims.includes("alt") && !crsFacts(crs).verticalUnits ? WGS84_WITH_HEIGHT : crs,
    }),
    bands,
    units: typeof units === "string" && units.trim() !== "" ? units : undefined,
    attrs: Object.fromEntries(kept),
    decoder: () => decoderFor(opened, masks),
  });
}

function decoderFor({ name, array, attrs }: Opened, masks: boolean): ReturnType<typeof decoderOf> {
  return decoderOf({
    name,
    dtype: array.dtype,
    attrs,
    fillValue: masks ? (array.fillValue ?? undefined) : undefined,
  });
}

function bandNames(labels: Labels | undefined, size: number): readonly string[] {
  if (labels && "names" in labels && labels.names.length === size) return labels.names;
  if (labels && "axis" in labels && labels.axis.size === size) return Array.from(labels.axis.values, String);
  return Array.from({ length: size }, (_, at) => String(at));
}

function coordinateNames(attrs: Readonly<Record<string, unknown>>): string[] {
  const listed = attrs["coordinates"];
  return typeof listed === "string" ? listed.split(/\s+/).filter((name) => name !== "") : [];
}

/** The CRS that a grid mapping gives, where it is known; else undefined. */
function crsOf(attrs: Readonly<Record<string, unknown>>, arrays: readonly Opened[]): string | undefined {
  const mapping = arrays.find(({ name }) => name === attrs["grid_mapping"])?.attrs;
  for (const definition of [
    attrs["crs"],
    mapping?.["crs_wkt"],
    mapping?.["spatial_ref"],
    mapping?.["epsg_code"],
  ]) {
    if (typeof definition !== "string") continue;
    try {
      return crsFacts(definition) && definition;
    } catch {
      // A projection that proj4 does not know: the labels are still right, only a transformation is not to be had.
    }
  }
  return undefined;
}

/** The usual name of each dimension whose labels tell what they are, where no two have the same. */
function cfNames(arrays: readonly Opened[], labels: ReadonlyMap<string, Labels>): Map<string, string> {
  const found = [...labels.keys()].flatMap((dim) => {
    const variable = arrays.find(({ name }) => name === dim);
    const usual = variable && cfAxisOf(dim, variable.attrs);
    return usual ? [[dim, usual] as const] : [];
  });
  return new Map(found.filter(([, usual]) => found.filter(([, other]) => other === usual).length === 1));
}
