import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { listed } from "../interpolation/positions.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { EvalContext } from "../node/session.ts";
import { DataSource } from "./data-source.ts";

/** Attributes of an {@link ArraySource}. */
export interface ArraySourceAttributes {
  readonly data: UnitsDataArray;
  /** Values that stand for none. */
  readonly nanValues?: readonly number[];
}

/** An array in memory as a source; it is part of the definition. */
export class ArraySource extends DataSource<ArraySourceAttributes> {
  static override readonly type: string = "ArraySource";
  static override readonly attributes: AttributeDeclarations = {
    data: { type: "array", help: "The array" },
    nanValues: { type: "numbers", default: () => [], help: "Values that stand for none, and become NaN" },
  };

  declare readonly data: UnitsDataArray;
  declare readonly nanValues: readonly number[];

  override get nativeCoordinates(): Coordinates {
    return this.data.coordinates;
  }

  override get bands(): readonly string[] | undefined {
    return this.data.bands;
  }

  override get outputUnits(): UnitsDataArray["units"] {
    return this.units ?? this.data.units;
  }

  override compute(_: Coordinates, { positions }: EvalContext): UnitsDataArray {
    return withoutValues(this.data.isel(listed(positions)), this.nanValues);
  }
}

/** An array with some values as NaN. */
export function withoutValues(array: UnitsDataArray, values: readonly number[]): UnitsDataArray {
  return values.length === 0 ? array : array.map((value) => (values.includes(value) ? Number.NaN : value));
}
