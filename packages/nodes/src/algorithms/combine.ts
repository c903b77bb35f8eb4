import { type ArrayUnits, type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { copyLabels } from "../cache/copy-labels.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Algorithm } from "./algorithm.ts";

/** Attributes of {@link Combine}. */
export interface CombineAttributes {
  readonly sources: Readonly<Record<string, Node>>;
}

/** Several nodes as the bands of one, each with its own unit. */
export class Combine extends Algorithm<CombineAttributes> {
  static override readonly type: string = "Combine";
  static override readonly attributes: AttributeDeclarations = {
    sources: { type: "nodeMap", help: "The nodes by the name of their band" },
  };

  declare readonly sources: Readonly<Record<string, Node>>;

  override get bands(): readonly string[] {
    return Object.keys(this.sources);
  }

  override compute(coordinates: Coordinates, { inputs }: EvalContext): UnitsDataArray {
    const { bands } = this;
    const data = new Float64Array(coordinates.size * bands.length);
    for (const [band, name] of bands.entries()) {
      const column = UnitsDataArray.create(coordinates);
      copyLabels(column, spread(inputs[name] as UnitsDataArray, coordinates));
      for (const [at, value] of column.toTypedArray().entries()) data[at * bands.length + band] = value;
    }
    return new UnitsDataArray(data, coordinates, { bands, units: unitsOf(bands, inputs) });
  }
}

/** Values over all dimensions of a request: one that lacks some repeats along them. */
function spread(array: UnitsDataArray, coordinates: Coordinates): UnitsDataArray {
  if (array.dims.length === coordinates.dims.length) return array;
  const everywhere = UnitsDataArray.create(coordinates, 1);
  return array.with({ units: undefined }).where(everywhere);
}

function unitsOf(bands: readonly string[], inputs: Readonly<Record<string, UnitsDataArray>>): ArrayUnits {
  const units = bands.map((band) => inputs[band]?.units as string | undefined);
  if (units.every((each) => each === units[0])) return units[0];
  return Object.fromEntries(bands.map((band, at) => [band, units[at] ?? "1"]));
}
