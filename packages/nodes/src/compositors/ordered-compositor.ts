import { type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { copyLabels } from "../cache/copy-labels.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Compositor } from "./compositor.ts";

/** Attributes of an {@link OrderedCompositor}. */
export interface OrderedCompositorAttributes {
  readonly sources: readonly Node[];
}

/** Earlier sources win wherever they have a number; once every point has one, no more sources are evaluated. */
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
      result = result ? filled(result, values) : onLabels(coordinates, values);
      if (result.toTypedArray().every((value) => !Number.isNaN(value))) break;
    }
    return result ?? UnitsDataArray.create(coordinates);
  }

  /** Of the sources, the first that has a number. */
  activeInputs(values: Readonly<Record<string, number>>): string[] {
    const found = Object.entries(values).find(([, value]) => !Number.isNaN(value));
    return found ? [found[0]] : [];
  }
}

/** Values by label, NaN where there are none. */
function onLabels(coordinates: Coordinates, values: UnitsDataArray): UnitsDataArray {
  const { bands, units } = values;
  const result = UnitsDataArray.create(coordinates, Number.NaN, { bands, units });
  copyLabels(result, values);
  return result;
}

/** NaN filled with the values of another array, in the unit of the first. */
function filled(result: UnitsDataArray, more: UnitsDataArray): UnitsDataArray {
  const { units, bands } = result;
  const same =
    units === undefined || JSON.stringify(units) === JSON.stringify(more.units) ? more : more.to(units);
  const other = onLabels(result.coordinates, same)
    .transpose(...result.dims)
    .toTypedArray();
  const data = Float64Array.from(result.toTypedArray(), (value, at) =>
    Number.isNaN(value) ? (other[at] as number) : value,
  );
  return new UnitsDataArray(data, result.coordinates, {
    dims: result.dims,
    bands,
    units: units ?? more.units,
  });
}
