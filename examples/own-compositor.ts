/** A compositor of one's own: the mean of all sources that have a number. */
import assert from "node:assert/strict";
import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import {
  ArraySource,
  type AttributeDeclarations,
  Compositor,
  type EvalContext,
  type Node,
} from "@zarr-cache/nodes";
import { checkNode } from "@zarr-cache/nodes/testing";

class MeanCompositor extends Compositor<{ readonly sources: readonly Node[] }> {
  static override readonly type = "MeanCompositor";
  static override readonly attributes: AttributeDeclarations = {
    sources: { type: "nodes", help: "The sources" },
  };

  override async compute(coordinates: Coordinates, context: EvalContext) {
    const sum = new Float64Array(coordinates.size);
    const count = new Float64Array(coordinates.size);
    for (const source of this.sources) {
      // Interpolated as the compositor says, unless the source does so by itself.
      const values = await this.sourceAt(source, coordinates, context);
      for (const [at, value] of values
        .transpose(...coordinates.dims)
        .toTypedArray()
        .entries())
        if (!Number.isNaN(value)) {
          sum[at] = (sum[at] ?? 0) + value;
          count[at] = (count[at] ?? 0) + 1;
        }
    }
    const means = sum.map((total, at) => total / (count[at] as number));
    return new UnitsDataArray(means, coordinates, { units: this.outputUnits });
  }
}

const station = (values: number[], lat: number[]) =>
  new ArraySource({ data: new UnitsDataArray(values, Coordinates.grid({ lat }), { units: "mm" }) });
const rain = new MeanCompositor({
  sources: [station([0, 10], [40, 50]), station([6, 6, 6], [45, 50, 55])],
  interpolation: "linear",
});
const mean = await rain.eval(Coordinates.grid({ lat: [42, 46, 50, 54, 60] }));
assert.deepEqual(Array.from(mean.toTypedArray()), [2, 6, 8, 6, Number.NaN]);
assert.deepEqual((await checkNode(rain)).broken, []);
console.log(mean.toString());
