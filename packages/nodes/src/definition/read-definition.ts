import { DefinitionError } from "../errors.ts";
import { isNodeType, typeRule } from "../node/attribute.ts";
import { declarationsOf } from "../node/declarations.ts";
import type { Node } from "../node/node.ts";
import {
  type InputReference,
  type NodeDefinition,
  nodesOf,
  type PipelineDefinition,
} from "./pipeline-definition.ts";
import type { NodeRegistry, NodeType } from "./registry.ts";
import { validateDefinition } from "./validate-definition.ts";

/** Builds the node that a definition, or its JSON text, describes; an unsound one is an error that lists what is wrong. */
export function readDefinition(given: PipelineDefinition | string, registry: NodeRegistry): Node {
  const problems = validateDefinition(given, registry);
  if (problems.length > 0) throw new DefinitionError(problems);
  const definition: PipelineDefinition = typeof given === "string" ? JSON.parse(given) : given;
  const definitions = new Map(nodesOf(definition));
  const built = new Map<string, Node>();
  const build = (reference: string): Node => {
    const known = built.get(reference);
    if (known) return known;
    const node = buildNode(reference, definitions.get(reference) as NodeDefinition, registry, build);
    built.set(reference, node);
    return node;
  };
  const last = [...definitions.keys()].at(-1) as string;
  return build(typeof definition["output"] === "string" ? definition["output"] : last);
}

function buildNode(
  reference: string,
  { node, attrs = {}, inputs = {}, style }: NodeDefinition,
  registry: NodeRegistry,
  build: (reference: string) => Node,
): Node {
  const Type = registry.type(node) as NodeType;
  const declarations = declarationsOf(Type);
  const values: Record<string, unknown> = { ...(style !== undefined && { style }) };
  for (const [name, json] of Object.entries(attrs)) {
    const { type } = declarations[name] as (typeof declarations)[string];
    if (type === "resource") values[name] = registry.resource(json as string);
    else if (!isNodeType(type)) values[name] = typeRule(type).fromJson(json);
  }
  for (const [name, input] of Object.entries(inputs)) values[name] = inputsOf(input, build);
  try {
    return Reflect.construct(Type, [values]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new DefinitionError([{ path: reference, message }]);
  }
}

function inputsOf(input: InputReference, build: (reference: string) => Node): unknown {
  if (typeof input === "string") return build(input);
  if (Array.isArray(input)) return input.map(build);
  return Object.fromEntries(Object.entries(input).map(([name, reference]) => [name, build(reference)]));
}
