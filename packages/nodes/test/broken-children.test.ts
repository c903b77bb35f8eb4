import { type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import {
  Arithmetic,
  DataSource,
  FunctionSource,
  type Node,
  OrderedCompositor,
  resource,
} from "../src/index.ts";
import { grid, nested } from "./support/example.ts";

const asked = grid({ lat: [0, 1], lon: [5, 6] });

/** A source of these dimensions, or of these labels, that gives what it likes. */
function broken(give: (asked: Coordinates) => unknown, native?: Coordinates): Node {
  class Broken extends DataSource {
    static override readonly type = "Broken";
    override get nativeCoordinates() {
      return native;
    }
    override get udims() {
      return ["lat", "lon"];
    }
    override compute(coordinates: Coordinates) {
      return give(coordinates) as UnitsDataArray;
    }
  }
  return new Broken();
}

const sevens = (coordinates: Coordinates) => UnitsDataArray.create(coordinates, 7);
const without = (coordinates: Coordinates) => sevens(coordinates.drop("lon"));
const elsewhere = () => sevens(grid({ lat: [50, 51], lon: [5, 6] }));
const shorter = (coordinates: Coordinates) =>
  sevens(coordinates.take({ lat: { start: 0, step: 1, size: 1 } }));

describe.each<readonly [string, (child: Node) => Node]>([
  ["by itself", (child) => child],
  ["below an algorithm", (child) => new Arithmetic({ eqn: "A + 1", operands: { A: child } })],
  ["below a compositor", (child) => new OrderedCompositor({ sources: [child] })],
])("a node that breaks a rule, %s, is named where it", (_, above) => {
  it.each<readonly [string, (asked: Coordinates) => unknown, string]>([
    ["gives no array", () => 3, "Broken.compute() must give a UnitsDataArray"],
    [
      "leaves out a dimension",
      without,
      'Broken.compute() gave values with dims ["lat"] where it was asked for ["lat","lon"]',
    ],
  ])("%s", async (_, give, message) => {
    await expect(above(broken(give)).eval(asked)).rejects.toThrow(message);
    await expect(above(broken(give, asked)).eval(asked)).rejects.toThrow(message);
  });

  it.each<readonly [string, (asked: Coordinates) => unknown]>([
    ["gives values at other labels than its own", elsewhere],
    ["gives fewer values than it was asked for", shorter],
  ])("%s", async (_, give) => {
    await expect(above(broken(give, asked)).eval(asked)).rejects.toThrow(
      'Broken.compute() gave values at other labels of "lat" than it was asked for',
    );
  });
});

it("a function that answers for other labels is named as well, and one in another order of dimensions is not", async () => {
  const source = (give: (asked: Coordinates) => UnitsDataArray) =>
    new FunctionSource({ fn: resource("given", give), dims: ["lat", "lon"] });
  await expect(source(elsewhere).eval(asked)).rejects.toThrow(
    /FunctionSource.compute\(\) gave values at other labels/,
  );
  const turned = source(() => sevens(grid({ lon: [5, 6], lat: [0, 1] })));
  expect(nested(await turned.eval(asked))).toEqual([
    [7, 7],
    [7, 7],
  ]);
});
