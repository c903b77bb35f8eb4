import {
  CoordinateError,
  type Coordinates,
  Dataset,
  hashOf,
  type LazyArray,
  type ReadableStore,
  type UnitsDataArray,
} from "@zarr-cache/arrays";
import { listed } from "../interpolation/positions.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Resource, ResourceVersion } from "../node/resource.ts";
import type { EvalContext } from "../node/session.ts";
import { withoutValues } from "./array-source.ts";
import { DataSource } from "./data-source.ts";

/** Attributes of a {@link ZarrSource}. */
export interface ZarrSourceAttributes {
  /** Any store that can be read, such as a cached one. */
  readonly store: Resource<ReadableStore>;
  readonly variable: string;
  readonly path?: string;
  readonly names?: "cf" | "file";
  readonly nanValues?: readonly number[];
}

/**
 * A variable of a Zarr group. Its version is that of its metadata, and of the resource where that tells one: where chunks
 * are replaced under the same metadata, give `resource(name, store, { version })`, or let results end with `expires`.
 */
export class ZarrSource extends DataSource<ZarrSourceAttributes> {
  static override readonly type: string = "ZarrSource";
  static override readonly attributes: AttributeDeclarations = {
    store: {
      type: "resource",
      help: "The store, as resource(name, store)",
      check: ({ value }: Resource) =>
        typeof Object(value).get === "function" ? undefined : "must hold a store with get(key)",
    },
    variable: { type: "string", help: "The name of the array in its group" },
    path: { type: "string", default: "/", help: "The path of the group" },
    names: {
      type: "string",
      default: "cf",
      choices: ["cf", "file"],
      help: "Whether dimensions are named lat, lon, time, alt where CF tells them, or as in the file",
    },
    nanValues: { type: "numbers", default: () => [], help: "Values that stand for none, and become NaN" },
  };

  declare readonly store: Resource<ReadableStore>;
  declare readonly variable: string;
  declare readonly path: string;
  declare readonly names: "cf" | "file";
  declare readonly nanValues: readonly number[];
  #opened: { readonly metadata: string; readonly array: LazyArray } | undefined;

  override async prepare(): Promise<void> {
    const metadata = await this.#metadata();
    if (this.#opened?.metadata === metadata) return;
    const dataset = await Dataset.open(this.store.value, this.path, { names: this.names });
    this.#opened = { metadata, array: dataset.get(this.variable) };
  }

  override get nativeCoordinates(): Coordinates {
    return this.#array.coordinates;
  }

  override get bands(): readonly string[] | undefined {
    return this.#array.bands;
  }

  override get outputUnits(): UnitsDataArray["units"] {
    return this.units ?? this.#array.units;
  }

  override async version(): Promise<ResourceVersion> {
    const told = await this.store.version?.();
    const validator = hashOf([this.#opened?.metadata ?? "", told?.validator ?? ""]);
    return { ...told, validator };
  }

  override async compute(_: Coordinates, { positions, signal }: EvalContext): Promise<UnitsDataArray> {
    const loaded = await this.#array.isel(listed(positions)).load(signal ? { signal } : {});
    return withoutValues(loaded, this.nanValues);
  }

  get #array(): LazyArray {
    if (!this.#opened)
      throw new CoordinateError("The labels of a ZarrSource are known once it was read: await node.ready()");
    return this.#opened.array;
  }

  /** The metadata of the array as a digest: a change of them is a change of the data. */
  async #metadata(): Promise<string> {
    const base = `/${this.path}/${this.variable}`.replace(/\/+/g, "/");
    const documents = await Promise.all(
      ["zarr.json", ".zarray", ".zattrs"].map((name) =>
        this.store.value.get(`${base}/${name}` as `/${string}`),
      ),
    );
    return hashOf(documents.map((bytes) => (bytes ? new TextDecoder().decode(bytes) : null)));
  }
}
