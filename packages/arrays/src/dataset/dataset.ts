import type { PositionSelection } from "../array/position-selection.ts";
import { descriptionLines } from "../array/print-array.ts";
import type { Selection, SelectionOptions } from "../array/selection.ts";
import { counted } from "../counted.ts";
import { assertKnown, DatasetError, InvalidArgumentError } from "../errors.ts";
import { showInNode } from "../inspect.ts";
import { showUnits } from "../units/band-units.ts";
import { cfNames } from "./cf-axis.ts";
import type { LoadOptions } from "./chunk-reading.ts";
import { mapBounded } from "./concurrency.ts";
import { readGroup } from "./group-metadata.ts";
import { type LazyArray, shownKind } from "./lazy-array.ts";
import { lazyVariable } from "./lazy-variable.ts";
import { coordinateNames, openArray } from "./open-array.ts";
import { readLabels } from "./read-labels.ts";
import { readStacks } from "./read-stacks.ts";
import type { ReadableStore } from "./readable-store.ts";

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
   * one-dimensional array of the same name, or the only one that a `coordinates` attribute names; stacks that
   * `writeZarr` wrote are stacked again; a dimension without labels has its positions. Values are decoded as CF says. Errors are {@link DatasetError}, and name group or array.
   */
  static async open(store: ReadableStore, path = "/", options: OpenOptions = {}): Promise<Dataset> {
    assertKnown("options", options, ["signal", "variables", "names", "decodeTimes", "maskFillValue"]);
    if (typeof Reflect.get(Object(store), "get") !== "function")
      throw new InvalidArgumentError("store", store, "a store with get(key)");
    const { signal, names = "file", decodeTimes = true } = options;
    if (names !== "file" && names !== "cf") throw new InvalidArgumentError("names", names, "file, cf");
    signal?.throwIfAborted();
    const group = await readGroup(store, path, { variables: options.variables, ...(signal && { signal }) });
    const arrays = await mapBounded(group.arrays, signal, (name, own) => openArray(group, name, own));
    const masks = options.maskFillValue ?? group.format === 2;
    const how = { decodesTimes: decodeTimes, masks, signal };
    const [labels, stacks] = await Promise.all([readLabels(arrays, how), readStacks(arrays, how)]);
    const rename = names === "cf" ? cfNames(arrays, labels) : new Map<string, string>();
    const auxiliary = new Set(arrays.flatMap(({ attrs }) => coordinateNames(attrs)));
    const [variables, coords] = [new Map<string, LazyArray>(), new Map<string, LazyArray>()];
    for (const opened of arrays) {
      const lazy = lazyVariable(opened, arrays, labels, stacks, rename, masks);
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
    for (const array of [...this.variables.values(), ...this.coords.values()])
      for (const [at, dim] of array.dims.entries()) sizes[dim] ??= array.shape[at] as number;
    return sizes;
  }

  /** Selects by label in every variable and coordinate that has the dimensions; one that none has is an error. */
  sel(selection: Selection, options: SelectionOptions = {}): Dataset {
    return this.#each(Object.keys(selection), selection, (array, part) => array.sel(part, options));
  }

  /** Selects by position in every variable and coordinate that has the dimensions. */
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
    const lines = [...this.variables.values()].map((array) => {
      const facts = [shownKind(array), showUnits(array.units), counted(array.chunkCount, "chunk")];
      const known = facts.filter((fact) => fact !== undefined).join(", ");
      return `    ${array.name.padEnd(width)}  (${array.dims.join(", ")}) ${known}`;
    });
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
    const arrays = [...this.variables.values(), ...this.coords.values()];
    for (const name of names)
      if (!arrays.some((array) => has(array, name)))
        throw new DatasetError(
          `No variable has the dimension ${JSON.stringify(name)}; there are ${Object.keys(this.dims).join(", ")}`,
        );
    const chosen = (array: LazyArray) =>
      Object.fromEntries(Object.entries(selection).filter(([name]) => has(array, name)));
    const all = (of: ReadonlyMap<string, LazyArray>) =>
      new Map([...of].map(([name, array]) => [name, take(array, chosen(array))]));
    return new Dataset(all(this.variables), all(this.coords), this.attrs);
  }
}

showInNode(Dataset.prototype);
