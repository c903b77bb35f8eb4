import { AttributeError } from "../errors.ts";
import { type AttributeDeclarations, isNodeType, problemOf, show } from "./attribute.ts";

/** What a class of nodes declares, with that of the classes above it. */
export function declarationsOf(type: { readonly attributes: AttributeDeclarations }): AttributeDeclarations {
  const chain: AttributeDeclarations[] = [];
  for (let each: object | null = type; each !== null; each = Object.getPrototypeOf(each))
    if (Object.hasOwn(each, "attributes")) chain.unshift(Reflect.get(each, "attributes"));
  return Object.assign({}, ...chain);
}

/** Fills in defaults and checks every value; what is unknown, missing or of the wrong type is an {@link AttributeError}. */
export function checkedAttributes(
  type: string,
  declarations: AttributeDeclarations,
  given: Readonly<Record<string, unknown>>,
  isNode: (value: unknown) => boolean,
): Record<string, unknown> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(declarations, name) && given[name] !== undefined)
      throw new AttributeError(type, name, `is unknown; there are ${Object.keys(declarations).join(", ")}`);
  const values: Record<string, unknown> = {};
  for (const [name, declaration] of Object.entries(declarations)) {
    const { default: standard, optional } = declaration;
    const value = given[name] ?? (typeof standard === "function" ? standard() : standard);
    if (value === undefined) {
      if (!optional) throw new AttributeError(type, name, `is missing: ${declaration.help}`);
      continue;
    }
    const problem = isNodeType(declaration.type)
      ? nodeProblem(declaration.type, value, isNode)
      : problemOf(declaration, value);
    if (problem) throw new AttributeError(type, name, problem);
    values[name] = frozen(value);
  }
  return values;
}

function nodeProblem(
  type: "node" | "nodes" | "nodeMap",
  value: unknown,
  isNode: (value: unknown) => boolean,
): string | undefined {
  if (type === "node") return isNode(value) ? undefined : `must be a node, not ${show(value)}`;
  const isPlain = typeof value === "object" && value !== null && !isNode(value);
  const fits = type === "nodes" ? Array.isArray(value) : isPlain && !Array.isArray(value);
  const what = type === "nodes" ? "a list of nodes" : "an object of nodes by name";
  return fits && Object.values(value as object).every(isNode)
    ? undefined
    : `must be ${what}, not ${show(value)}`;
}

/** Plain lists and objects as frozen copies, so that nobody changes a node from outside; everything else as it is. */
function frozen(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, each]) => [name, frozen(each)])));
}
