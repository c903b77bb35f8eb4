/** Shares a pipeline as JSON: what the text holds, what its reader brings along, and what is said of a text that is wrong. */
import assert from "node:assert/strict";
import { Coordinates } from "@zarr-cache/arrays";
import {
  Arithmetic,
  createRegistry,
  FunctionSource,
  Node,
  resource,
  validateDefinition,
} from "@zarr-cache/nodes";

// Here. JSON cannot hold a function or a store: it has their names.
const heights = resource("heights", (at: Coordinates) => at.get("lat").map((lat) => 100 * lat));
const height = new FunctionSource({ fn: heights, dims: ["lat"], units: "m" });
const snow = new Arithmetic({ eqn: "height > line", operands: { height }, constants: { line: 1500 } });
const json = snow.definition("json");

// There. What has a name in the text is looked up in a registry, and nowhere else.
const registry = createRegistry().provide(heights);
const same = Node.fromDefinition(json, registry);
assert.equal(same.hash, snow.hash);

const at = Coordinates.grid({ lat: [10, 20] });
assert.deepEqual([...(await same.eval(at)).toTypedArray()], [0, 1]);
const lower = await same.eval(at, { params: { Arithmetic: { line: 900 } } });
assert.deepEqual([...lower.toTypedArray()], [1, 1]);

// All that is wrong, each with its place; nothing of it was run.
const wrong = json.replace("height > line", "process.exit(1)").replace('"heights"', '"depths"');
const problems = validateDefinition(wrong, registry);
for (const { path, message } of problems) console.log(`${path}: ${message}`);
assert.deepEqual(
  problems.map(({ path }) => path),
  ["Function.attrs.fn", "Arithmetic.attrs.eqn"],
);
