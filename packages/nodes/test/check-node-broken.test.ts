import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { expect, it } from "vitest";
import {
  Algorithm,
  type AttributeDeclarations,
  DataSource,
  type EvalContext,
  type EvalOptions,
  Node,
} from "../src/index.ts";
import { checkNode } from "../src/testing/index.ts";
import { grid, src, valuesAt } from "./support/example.ts";

/** A sound source, of which the broken ones change one thing. */
class Sound extends DataSource {
  static override readonly type: string = "Broken";
  override get nativeCoordinates() {
    return grid({ lat: [0, 1], lon: [10, 20] });
  }
  override compute(coordinates: Coordinates, _: EvalContext): UnitsDataArray | Promise<UnitsDataArray> {
    return new UnitsDataArray(
      valuesAt(coordinates, ([a = 0, b = 0]) => a * 100 + b),
      coordinates,
    );
  }
}

/** A sound source of points. */
class Points extends Sound {
  override get nativeCoordinates() {
    return Coordinates.points({ lat: [0, 1], lon: [10, 20] });
  }
}

/** A sound source whose answers another function may change, but not an output that was filled. */
function changing(
  change: (out: UnitsDataArray, asked: Coordinates, options: EvalOptions) => UnitsDataArray,
  Base: typeof Sound = Sound,
) {
  return class extends Base {
    override async eval(coordinates: Coordinates, options: EvalOptions = {}) {
      const out = await super.eval(coordinates, options);
      return out === options.output ? out : change(out, coordinates, options);
    }
  };
}

/** A sound source that answers with nothing where it should not answer at all. */
function answering(Base: typeof Sound, isWanting: (asked: Coordinates) => boolean) {
  return class extends Base {
    override async eval(coordinates: Coordinates, options?: EvalOptions) {
      return isWanting(coordinates) ? UnitsDataArray.create(coordinates) : super.eval(coordinates, options);
    }
  };
}

let calls = 0;
const isPart = ({ names }: { readonly names: readonly string[] }) => names.join() === "time";

const BROKEN: Readonly<
  Record<string, readonly [reasons: readonly (readonly [number | string, RegExp])[], type: new () => Node]>
> = {
  "a node without compute": [[[0, /has no compute/]], class extends Node {}],
  "numbers in the place of an array": [
    [[1, /eval failed: Broken.compute\(\) must give a UnitsDataArray/]],
    class extends Sound {
      override compute() {
        return [1, 2] as never;
      }
    },
  ],
  "an answer without provenance": [
    [[1, /no crs or no provenance/]],
    changing((out) => out.with({ attrs: {} })),
  ],
  "dims in an order of its own": [
    [[2, /dims are not in the order of the request/]],
    changing((out) => out.transpose()),
  ],
  "an answer to any request": [
    [
      [3, /without lat it answered/],
      [3, /without lon it answered/],
    ],
    answering(Sound, (asked) => !asked.has("lat") || !asked.has("lon")),
  ],
  "an answer without a whole stack of its own": [
    [[4, /without lat, lon it answered/]],
    answering(Points, (asked) => !asked.has("lat") && !asked.has("lon")),
  ],
  "no answer to a part of a stack whose points stay apart": [
    [
      [4, /with lat alone it failed/],
      [4, /with lon alone it failed/],
    ],
    class extends Points {
      override async eval(coordinates: Coordinates, options?: EvalOptions) {
        if (!coordinates.has("lat") || !coordinates.has("lon")) throw new Error("all of it, please");
        return super.eval(coordinates, options);
      }
    },
  ],
  "an answer to a part of a stack whose points are mixed up": [
    [[4, /with lat alone it answered, though several points have the same/]],
    class extends answering(Points, (asked) => asked.has("lat") && !asked.has("lon")) {
      override get nativeCoordinates() {
        return Coordinates.points({ lat: [0, 0, 1], lon: [10, 20, 30] });
      }
    },
  ],
  "dims that are not its own": [
    [[5, /a dimension that the node does not have is in the answer/]],
    changing((out, asked) => {
      const time = asked.parts.filter(isPart);
      const { parts } = out.coordinates;
      const everywhere = Coordinates.of([...parts, ...time], { crs: asked.crs });
      return time.length === 0 ? out : out.where(UnitsDataArray.create(everywhere, 1));
    }),
  ],
  "stacks that it does not carry": [
    [[6, /a requested dimension or stack is not in the answer/]],
    changing((out) => {
      const stacks = out.dims.filter((dim) => dim.includes("_"));
      return stacks.length === 0 ? out : out.isel(Object.fromEntries(stacks.map((dim) => [dim, 0])));
    }),
  ],
  "an output that is not filled": [
    [
      [7, /output was not returned/],
      [7, /an output of other units was accepted/],
    ],
    class extends Sound {
      override async eval(coordinates: Coordinates, { output: _, ...options }: EvalOptions = {}) {
        return super.eval(coordinates, options);
      }
    },
  ],
  "values that depend on what else is asked": [
    [
      [8, /the value of a point depends on what else is asked/],
      ["parallel", /in parts/],
    ],
    class extends Sound {
      override compute(coordinates: Coordinates) {
        return UnitsDataArray.create(coordinates, coordinates.size);
      }
    },
  ],
  "values that change with use": [
    [
      [8, /a new node gives other values/],
      [7, /output was not filled/],
      ["parallel", /in parts/],
    ],
    class extends Sound {
      override compute(coordinates: Coordinates) {
        return UnitsDataArray.create(coordinates, calls++);
      }
    },
  ],
  "a definition that is another once it was read": [
    [
      [8, /does not survive JSON: the hash is another/],
      [8, /round-tripped node gives other values/],
    ],
    class Drifting extends Sound {
      static override readonly attributes: AttributeDeclarations = {
        factor: { type: "number", default: 1, help: "Grows by itself" },
      };
      declare readonly factor: number;
      override firstInit(attrs: Record<string, unknown>) {
        return { factor: Number(attrs["factor"] ?? 1) + 1 };
      }
      override compute(coordinates: Coordinates) {
        return UnitsDataArray.create(coordinates, this.factor);
      }
    },
  ],
  "other values in parallel": [
    [["parallel", /evaluated in parts it gives other values/]],
    changing((out, _, { method }) => (method === undefined ? out : out.add(1))),
  ],
  "inputs that are changed": [
    [["inputs", /changed its input source/]],
    class extends Algorithm {
      static override readonly type = "Mutating";
      static override readonly attributes: AttributeDeclarations = {
        source: { type: "node", default: src, help: "What is broken" },
      };
      override compute(_: Coordinates, { inputs }: EvalContext) {
        const input = inputs["source"] as UnitsDataArray;
        const result = input.map((value) => value);
        input.toTypedArray().fill(7);
        return result;
      }
    },
  ],
};

it.each(Object.entries(BROKEN))("checkNode fails for %s, and says why", async (_, [reasons, Type]) => {
  const { passed, broken } = await checkNode(new Type());
  expect(passed).toBe(false);
  expect(new Set(broken.map(({ rule }) => rule))).toEqual(new Set(reasons.map(([rule]) => rule)));
  for (const [rule, message] of reasons)
    expect(broken).toContainEqual(expect.objectContaining({ rule, message: expect.stringMatching(message) }));
});

it("checkNode passes for the sound ones, of which these differ in one thing", async () => {
  expect((await checkNode(new Sound())).broken).toEqual([]);
  expect((await checkNode(new Points())).broken).toEqual([]);
});
