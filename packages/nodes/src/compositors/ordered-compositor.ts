import { type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { atLabels } from "../interpolation/at-labels.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Compositor } from "./compositor.ts";

/** Attributes of an {@link OrderedCompositor}. */
export interface OrderedCompositorAttributes {
  readonly sources: readonly Node[];
}

/** Earlier sources win wherever they are finite; once every point has such a value, no more sources are evaluated. */
export class OrderedCompositor extends Compositor<OrderedCompositorAttributes> {
  static override readonly type: string = "OrderedCompositor";
  static override readonly attributes: AttributeDeclarations = {
    sources: {
      type: "nodes",
      help: "The sources, the first wins",
    },
  };

  override outputCoordinates(request: Coordinates): Coordinates {
    return request;
  }

  override async compute(coordinates: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    let result: UnitsDataArray | undefined;
    for (const source of this.sources) {
      const values = await this.sourceAt(source, coordinates, context);
      result = result ? await filled(result, values) : await finiteAt(values, coordinates);
      if (result.toTypedArray().every((value) => Number.isFinite(value))) break;
    }
    return result ?? UnitsDataArray.create(coordinates);
  }

  /** Of the sources, the first that is finite. */
  activeInputs(values: Readonly<Record<string, number>>): string[] {
    const found = Object.entries(values).find(([, value]) => Number.isFinite(value));
    return found ? [found[0]] : [];
  }
}

/** Finite values by label, NaN where there are none. */
async function finiteAt(values: UnitsDataArray, coordinates: Coordinates): Promise<UnitsDataArray> {
  const found = await atLabels(values, coordinates);
  const { dims, bands, units } = found;
  const data = Float64Array.from(found.toTypedArray(), (value) =>
    Number.isFinite(value) ? value : Number.NaN,
  );
  return new UnitsDataArray(data, found.coordinates, { dims, bands, units });
}

/** NaN filled with the values of another array, in the unit of the first. */
async function filled(result: UnitsDataArray, more: UnitsDataArray): Promise<UnitsDataArray> {
  const { units, bands, dims } = result;
  const isSame = units === undefined || JSON.stringify(units) === JSON.stringify(more.units);
  const found = await finiteAt(isSame ? more : more.to(units), result.coordinates);
  const other = found.transpose(...dims).toTypedArray();
  const data = Float64Array.from(result.toTypedArray(), (value, at) =>
    Number.isNaN(value) ? (other[at] as number) : value,
  );
  return new UnitsDataArray(data, result.coordinates, { dims, bands, units: units ?? more.units });
}
