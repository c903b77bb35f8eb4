import { declarationsOf } from "../node/declarations.ts";
import { nodesOf, type PipelineDefinition } from "./pipeline-definition.ts";
import type { NodeRegistry } from "./registry.ts";

/**
 * The names of the resources that a definition asks for, each once, so that they can be provided before it is read. What is
 * unsound in it is passed over: reading it says so.
 */
export function resourcesOf(given: PipelineDefinition | string, registry: NodeRegistry): string[] {
  const names = new Set<string>();
  for (const [, node] of nodesOf(Object(typeof given === "string" ? parsed(given) : given))) {
    const { node: name, attrs } = Object(node);
    const type = registry.type(name);
    if (type === undefined) continue;
    for (const [attribute, declaration] of Object.entries(declarationsOf(type))) {
      const value: unknown = Object(attrs)[attribute];
      if (declaration.type === "resource" && typeof value === "string") names.add(value);
    }
  }
  return [...names];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
