import { isArraysError } from "@zarr-cache/arrays";
import type { DefinitionProblem } from "../errors.ts";
import { type AttributeDeclaration, isNodeType, problemOf, show, typeRule } from "../node/attribute.ts";
import { declarationsOf } from "../node/declarations.ts";
import { RESERVED } from "./pipeline-definition.ts";
import type { NodeRegistry } from "./registry.ts";

/**
 * Lists everything that is wrong with a definition, each with its place; an empty list where it is sound. Forward
 * references are fine. Types, attributes and resources are those of the registry.
 */
export function validateDefinition(given: unknown, registry: NodeRegistry): DefinitionProblem[] {
  const definition = typeof given === "string" ? parsed(given) : given;
  if (typeof definition !== "object" || definition === null || Array.isArray(definition))
    return [{ path: "", message: `must be an object of nodes by reference, not ${show(given)}` }];
  const entries = Object.entries(definition).filter(([name]) => !RESERVED.includes(name));
  const problems: DefinitionProblem[] = [];
  const tell = (path: string, message: string) => problems.push({ path, message });
  if (entries.length === 0) tell("", "is empty: it has no node");
  const { output, version } = definition as Record<string, unknown>;
  if (output !== undefined && !entries.some(([name]) => name === output))
    tell(
      "output",
      `names ${show(output)}, which is no node; there are ${entries.map(([name]) => name).join(", ")}`,
    );
  if (version !== undefined && typeof version !== "string")
    tell("version", `must be a text, not ${show(version)}`);
  const references = new Map<string, readonly string[]>();
  for (const [name, node] of entries)
    references.set(
      name,
      checkNode(
        name,
        node,
        entries.map(([each]) => each),
        registry,
        tell,
      ),
    );
  for (const cycle of cyclesOf(references))
    tell(cycle[0] as string, `is circular: ${[...cycle, cycle[0]].join(" → ")}`);
  return problems;
}

type Tell = (path: string, message: string) => void;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Checks one node, and gives the references that it makes. */
function checkNode(
  name: string,
  node: unknown,
  names: readonly string[],
  registry: NodeRegistry,
  tell: Tell,
): string[] {
  if (typeof node !== "object" || node === null || Array.isArray(node)) {
    tell(name, `must be an object with "node", not ${show(node)}`);
    return [];
  }
  const { node: type, attrs, inputs, style: _, ...rest } = node as Record<string, unknown>;
  for (const property of Object.keys(rest))
    tell(`${name}.${property}`, "is unexpected; allowed: node, attrs, inputs, style");
  if (typeof type !== "string") {
    tell(name, `has no "node": the name of a type`);
    return [];
  }
  const known = registry.type(type);
  if (!known) {
    tell(`${name}.node`, `is ${show(type)}, which is not known; there are ${registry.types.join(", ")}`);
    return [];
  }
  const declarations = declarationsOf(known);
  for (const [place, part] of Object.entries({ attrs, inputs }))
    if (part !== undefined && (typeof part !== "object" || part === null || Array.isArray(part)))
      tell(`${name}.${place}`, `must be an object, not ${show(part)}`);
  const given = {
    attrs: Object(attrs) as Record<string, unknown>,
    inputs: Object(inputs) as Record<string, unknown>,
  };
  const references: string[] = [];
  for (const place of ["attrs", "inputs"] as const)
    for (const [key, value] of Object.entries(given[place])) {
      const path = `${name}.${place}.${key}`;
      const declaration = Object.hasOwn(declarations, key) ? declarations[key] : undefined;
      if (!declaration || isNodeType(declaration.type) !== (place === "inputs"))
        tell(path, `is unexpected; ${type} has ${listed(declarations, place)}`);
      else if (place === "attrs") checkValue(path, declaration, value, registry, tell);
      else references.push(...checkReferences(path, declaration.type, value, names, tell));
    }
  for (const [key, { default: standard, optional, type: kind }] of Object.entries(declarations))
    if (
      standard === undefined &&
      !optional &&
      given[isNodeType(kind) ? "inputs" : "attrs"][key] === undefined
    )
      tell(`${name}.${isNodeType(kind) ? "inputs" : "attrs"}.${key}`, "is missing");
  return references;
}

function listed(
  declarations: Readonly<Record<string, AttributeDeclaration>>,
  place: "attrs" | "inputs",
): string {
  const names = Object.entries(declarations).filter(
    ([, { type }]) => isNodeType(type) === (place === "inputs"),
  );
  return names.map(([key]) => key).join(", ") || "none";
}

function checkValue(
  path: string,
  declaration: AttributeDeclaration,
  json: unknown,
  registry: NodeRegistry,
  tell: Tell,
): void {
  const { type } = declaration;
  if (type === "resource") {
    if (typeof json !== "string") tell(path, `must be the name of a resource, not ${show(json)}`);
    else if (!registry.resource(json))
      tell(
        path,
        `names the resource ${show(json)}, which is not known; there are ${registry.resources.join(", ") || "none"}`,
      );
    return;
  }
  if (isNodeType(type)) return;
  try {
    const problem = problemOf(declaration, typeRule(type).fromJson(json));
    if (problem) tell(path, problem);
  } catch (error) {
    const reason = isArraysError(error) ? error.message : `cannot be read (${show(json)})`;
    tell(path, `must be ${typeRule(type).what}: ${reason}`);
  }
}

function checkReferences(
  path: string,
  type: AttributeDeclaration["type"],
  value: unknown,
  names: readonly string[],
  tell: Tell,
): string[] {
  const isList = Array.isArray(value);
  const isMap = typeof value === "object" && value !== null && !isList;
  const expected = { node: "a reference", nodes: "a list of references", nodeMap: "an object of references" };
  const fits = type === "node" ? typeof value === "string" : type === "nodes" ? isList : isMap;
  if (!fits) {
    tell(path, `must be ${expected[type as keyof typeof expected]}, not ${show(value)}`);
    return [];
  }
  const references = type === "node" ? [["", value] as const] : Object.entries(value as object);
  return references.flatMap(([key, reference]) => {
    const place = key === "" ? path : `${path}.${key}`;
    if (typeof reference === "string" && names.includes(reference)) return [reference];
    tell(place, `refers to ${show(reference)}, which is no node; there are ${names.join(", ")}`);
    return [];
  });
}

function cyclesOf(references: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): void => {
    const at = path.indexOf(name);
    if (at >= 0) cycles.push(path.slice(at));
    if (at >= 0 || done.has(name)) return;
    path.push(name);
    for (const next of references.get(name) ?? []) visit(next);
    path.pop();
    done.add(name);
  };
  for (const name of references.keys()) visit(name);
  return cycles;
}
