/** An algorithm of one's own: it declares its inputs and parameters, and gets their results at the requested labels. */
import assert from "node:assert/strict";
import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import {
  Algorithm,
  ArraySource,
  type AttributeDeclarations,
  type EvalContext,
  type Node,
} from "@zarr-cache/nodes";
import { checkNode } from "@zarr-cache/nodes/testing";

/** The force of the wind on an area, by the density of the air. */
class WindPressure extends Algorithm<{ readonly wind: Node }> {
  static override readonly type = "WindPressure";
  static override readonly attributes: AttributeDeclarations = {
    wind: { type: "node", help: "The speed of the wind, in any unit" },
  };
  static override readonly params: AttributeDeclarations = {
    density: { type: "number", default: 1.25, help: "Of the air, in kg m-3" },
  };

  override compute(_: Coordinates, { inputs, params }: EvalContext) {
    const wind = (inputs["wind"] as UnitsDataArray).to("m s-1");
    return wind
      .mul(wind)
      .mul((params["density"] as number) / 2)
      .with({ units: "Pa" });
  }
}

const at = Coordinates.grid({ lat: [46, 47] });
const source = new ArraySource({ data: new UnitsDataArray([36, 72], at, { units: "km/h" }) });
const pressure = new WindPressure({ wind: source });
assert.deepEqual(Array.from((await pressure.eval(at)).toTypedArray()), [62.5, 250]);
const thin = await pressure.eval(at, { params: { WindPressure: { density: 1 } } });
assert.deepEqual(Array.from(thin.to("hPa").toTypedArray()), [0.5, 2]);
assert.deepEqual((await checkNode(pressure)).broken, []);
console.log(thin.toString());
