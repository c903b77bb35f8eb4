import { type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { AttributeError } from "../../errors.ts";
import type { AttributeDeclarations } from "../../node/attribute.ts";
import type { Node } from "../../node/node.ts";
import type { EvalContext } from "../../node/session.ts";
import { Algorithm } from "../algorithm.ts";
import { computeExpression, type Value } from "./compute-expression.ts";
import { namesIn, parseExpression } from "./expression.ts";

/** Attributes of {@link Arithmetic}. */
export interface ArithmeticAttributes {
  readonly eqn: string;
  readonly operands?: Readonly<Record<string, Node>>;
  readonly constants?: Readonly<Record<string, number>>;
}

/**
 * An expression of other nodes and constants, with units: numbers, names, `+ - * / **`, comparisons, and `abs`, `min`, `max`,
 * `sqrt`, `exp`, `log`, `where(condition, a, b)`. Constants are parameters of an evaluation. No code is ever evaluated.
 */
export class Arithmetic extends Algorithm<ArithmeticAttributes> {
  static override readonly type: string = "Arithmetic";
  static override readonly attributes: AttributeDeclarations = {
    eqn: { type: "string", help: "The expression, such as 2*abs(A)-B+offset", check: syntaxProblem },
    operands: { type: "nodeMap", default: () => ({}), help: "The nodes that it names" },
    constants: {
      type: "json",
      default: () => ({}),
      check: constantsProblem,
      help: "The numbers that it names",
    },
  };

  declare readonly eqn: string;
  declare readonly operands: Readonly<Record<string, Node>>;
  declare readonly constants: Readonly<Record<string, number>>;

  override init(): void {
    const known = [...Object.keys(this.operands), ...Object.keys(this.constants)];
    const unknown = [...namesIn(parseExpression(this.eqn))].filter((name) => !known.includes(name));
    if (unknown.length > 0)
      throw new AttributeError(
        this.type,
        "eqn",
        `names ${unknown.join(", ")}; there are ${known.join(", ") || "none"}`,
      );
    const twice = known.find((name, at) => known.indexOf(name) !== at);
    if (twice)
      throw new AttributeError(this.type, "constants", `has ${twice}, which is the name of a node as well`);
  }

  override get paramDeclarations(): AttributeDeclarations {
    const constants = Object.entries(this.constants);
    return Object.fromEntries(
      constants.map(([name, value]) => [
        name,
        { type: "number", default: value, help: `${name} in ${this.eqn}` },
      ]),
    );
  }

  override compute(coordinates: Coordinates, { inputs, params }: EvalContext): UnitsDataArray {
    const values = new Map<string, Value>([
      ...Object.entries(inputs),
      ...(Object.entries(params) as [string, number][]),
    ]);
    const result = computeExpression(parseExpression(this.eqn), values);
    return typeof result === "number" ? UnitsDataArray.create(coordinates, result) : result;
  }
}

function syntaxProblem(eqn: string): string | undefined {
  try {
    parseExpression(eqn);
    return undefined;
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}

function constantsProblem(constants: unknown): string | undefined {
  const isNumbers =
    typeof constants === "object" &&
    constants !== null &&
    !Array.isArray(constants) &&
    Object.values(constants).every((value) => typeof value === "number");
  return isNumbers ? undefined : "must be an object of numbers by name";
}
