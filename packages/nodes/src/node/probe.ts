import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import type { EvalOptions } from "./eval-options.ts";
import type { Node } from "./node.ts";

/** What a node has to do with the value of a point. */
export interface ProbedNode {
  /** Whether the value of the point comes through this node. */
  readonly active: boolean;
  /** The value of the node at the point; of bands, of each. */
  readonly value: number | Readonly<Record<string, number>>;
  readonly units: UnitsDataArray["units"];
  /** The name of its style, or else its type. */
  readonly label: string;
  /** Addresses of its inputs, by name. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** A node that takes the value of some inputs only. */
interface Choosing {
  activeInputs(values: Readonly<Record<string, number>>): readonly string[];
}

/**
 * Evaluates every node of a pipeline at one point, and tells whose values count: of a compositor the source that gave the value,
 * and nothing below a node that does not count.
 */
export async function probe(
  root: Node,
  point: Coordinates,
  options: Omit<EvalOptions, "output" | "params"> = {},
): Promise<Map<string, ProbedNode>> {
  const addresses = new Map([...root.pipeline].map(([address, node]) => [node.identity, address]));
  const addressOf = (node: Node) => addresses.get(node.identity) as string;
  const values = new Map<string, UnitsDataArray>();
  for (const [address, node] of root.pipeline)
    values.set(address, await node.using(root.environment).eval(point, options));
  const active = new Set<string>();
  const mark = (node: Node): void => {
    active.add(addressOf(node));
    const inputs = Object.entries(node.inputs);
    const chosen = isChoosing(node)
      ? node.activeInputs(
          Object.fromEntries(inputs.map(([name, input]) => [name, firstOf(values.get(addressOf(input)))])),
        )
      : inputs.map(([name]) => name);
    for (const [name, input] of inputs) if (chosen.includes(name)) mark(input);
  };
  mark(root.pipeline.get(addressOf(root)) as Node);
  return new Map(
    [...root.pipeline].map(([address, node]) => {
      const value = values.get(address) as UnitsDataArray;
      const inputs = Object.entries(node.inputs).map(([name, input]) => [name, addressOf(input)]);
      return [
        address,
        {
          active: active.has(address),
          value: numbersOf(value),
          units: value.units,
          label: labelOf(node),
          inputs: Object.fromEntries(inputs),
        },
      ];
    }),
  );
}

function isChoosing(node: object): node is Choosing {
  return "activeInputs" in node && typeof node.activeInputs === "function";
}

function firstOf(array: UnitsDataArray | undefined): number {
  const found = array?.toTypedArray().find((value) => !Number.isNaN(value));
  return found ?? Number.NaN;
}

function numbersOf(array: UnitsDataArray): ProbedNode["value"] {
  const { bands } = array;
  const values = array.toTypedArray();
  if (!bands) return values[0] ?? Number.NaN;
  return Object.fromEntries(bands.map((band, at) => [band, values[at] ?? Number.NaN]));
}

function labelOf(node: Node): string {
  const name = typeof node.style === "object" && node.style !== null && Reflect.get(node.style, "name");
  return typeof name === "string" ? name : node.type;
}
