import { CoordinateError, type Coordinates, type NumericData, UnitsDataArray } from "@zarr-cache/arrays";
import { asAsked } from "../node/as-asked.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Resource, ResourceVersion } from "../node/resource.ts";
import type { EvalContext } from "../node/session.ts";
import { DataSource } from "./data-source.ts";

/** Computes values at coordinates: a labelled array of them, or numbers in the order of their points. */
export type SourceFunction = (
  coordinates: Coordinates,
  context: EvalContext,
) =>
  | UnitsDataArray
  | NumericData
  | readonly number[]
  | Promise<UnitsDataArray | NumericData | readonly number[]>;

/** Attributes of a {@link FunctionSource}. */
export interface FunctionSourceAttributes {
  readonly fn: Resource<SourceFunction>;
  readonly dims?: readonly string[];
  readonly coordinates?: Coordinates;
}

/**
 * A function as a source. A value must follow from its own label alone. With `coordinates` it is asked for those alone; else it
 * is asked for whatever is requested, in the dimensions of `dims`.
 */
export class FunctionSource extends DataSource<FunctionSourceAttributes> {
  static override readonly type: string = "FunctionSource";
  static override readonly attributes: AttributeDeclarations = {
    fn: {
      type: "resource",
      help: "The function, as resource(name, (coordinates, context) => values)",
      check: ({ value }: Resource) => (typeof value === "function" ? undefined : "must hold a function"),
    },
    dims: {
      type: "strings",
      optional: true,
      help: "The dimensions of the values; those of the request unless told",
    },
    coordinates: { type: "coordinates", optional: true, help: "The labels that the function knows" },
  };

  declare readonly fn: Resource<SourceFunction>;
  declare readonly dims: readonly string[] | undefined;
  declare readonly coordinates: Coordinates | undefined;

  override get nativeCoordinates(): Coordinates | undefined {
    return this.coordinates;
  }

  override get udims(): readonly string[] | undefined {
    return this.coordinates?.udims ?? this.dims;
  }

  override version(): ReturnType<DataSource["version"]> {
    return this.fn.version?.() as ResourceVersion | Promise<ResourceVersion> | undefined;
  }

  override async compute(coordinates: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    const missing = this.dims?.filter((dim) => !coordinates.udims.includes(dim)) ?? [];
    if (missing.length > 0)
      throw new CoordinateError(
        `Dimension ${missing.map((dim) => JSON.stringify(dim)).join(", ")} not present in requested coordinates with dims ${JSON.stringify(coordinates.dims)}`,
      );
    const values = await this.fn.value(coordinates, context);
    if (!(values instanceof UnitsDataArray)) return new UnitsDataArray(values, coordinates);
    return this.dims ? asAsked(this.type, values, coordinates) : values;
  }
}
