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
    // Interpolated as the compositor says, unless a source does so by itself.
    const results = await Promise.all(this.sources.map((each) => this.sourceAt(each, coordinates, context)));
    const columns = results.map((result) => result.transpose(...coordinates.dims).toTypedArray());
    const means = Float64Array.from({ length: coordinates.size }, (_, at) => {
      const there = columns.map((column) => column[at] as number).filter((value) => !Number.isNaN(value));
      return there.reduce((sum, value) => sum + value, 0) / there.length;
    });
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
