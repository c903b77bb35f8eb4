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

/** How much colder it feels in the wind. */
class WindChill extends Algorithm<{ readonly temperature: Node; readonly wind: Node }> {
  static override readonly type = "WindChill";
  static override readonly attributes: AttributeDeclarations = {
    temperature: { type: "node", help: "The temperature of the air, in any unit" },
    wind: { type: "node", help: "The speed of the wind, in any unit" },
  };
  static override readonly params: AttributeDeclarations = {
    weight: { type: "number", default: 1, help: "How much of the wind is felt" },
  };

  override compute(_: Coordinates, { inputs, params }: EvalContext) {
    const { temperature, wind } = inputs as Record<"temperature" | "wind", UnitsDataArray>;
    const air = temperature.to("degC").with({ units: undefined });
    const power = wind
      .to("km/h")
      .with({ units: undefined })
      .map((speed) => (params["weight"] as number) * speed ** 0.16);
    const chill = air.mul(0.6215).sub(power.mul(11.37)).add(air.mul(power).mul(0.3965)).add(13.12);
    return chill.with({ units: "degC" });
  }
}

const at = Coordinates.grid({ lat: [46, 47] });
const source = (values: number[], units: string) =>
  new ArraySource({ data: new UnitsDataArray(values, at, { units }) });
const chill = new WindChill({ temperature: source([268.15, 273.15], "K"), wind: source([10, 5], "m s-1") });
const felt = await chill.eval(at);
assert.deepEqual([Array.from(felt.toTypedArray(), Math.round), felt.units], [[-14, -5], "degC"]);

const calm = await chill.eval(at, { params: { WindChill: { weight: 0.5 } } });
assert.ok((calm.toTypedArray()[0] ?? 0) > (felt.toTypedArray()[0] ?? 0));
assert.deepEqual((await checkNode(chill)).broken, []);
console.log(felt.toString());
