import { type CanonicalValue, canonicalJson } from "@zarr-cache/arrays";
import { type AttributeDeclarations, isNodeType, typeRule } from "../node/attribute.ts";
import { VERSION } from "../version.ts";
import { hashOfJson } from "./hash-of-json.ts";
import {
  type InputReference,
  type NodeDefinition,
  nodesOf,
  type PipelineDefinition,
} from "./pipeline-definition.ts";

/** What a definition is written of. */
export interface Definable {
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly declarations: AttributeDeclarations;
  readonly type: string;
  /** Equal for nodes that compute the same. */
  readonly identity: string;
}

/** The nodes of a pipeline by reference, inputs before what uses them, equal ones once. */
export function addressesOf<N extends Definable>(root: N): Map<string, N> {
  const byAddress = new Map<string, N>();
  const seen = new Set<string>();
  const visit = (node: N): void => {
    if (seen.has(node.identity)) return;
    for (const input of inputNodes(node)) visit(input as N);
    if (seen.has(node.identity)) return;
    seen.add(node.identity);
    const base = node.type.replace(/(.)Source$/, "$1");
    let [name, count] = [base, 0];
    while (byAddress.has(name)) name = `${base}_${++count}`;
    byAddress.set(name, node);
  };
  visit(root);
  return byAddress;
}

/** The nodes that attributes of a node hold, in the order of their declaration. */
export function inputNodes({ attrs, declarations }: Definable): Definable[] {
  return Object.entries(declarations).flatMap(([name, { type }]) => {
    const value = attrs[name];
    if (!isNodeType(type) || value === undefined) return [];
    return type === "node" ? [value as Definable] : (Object.values(value as object) as Definable[]);
  });
}

/** Writes a pipeline as JSON. */
export function definitionOf(root: Definable): PipelineDefinition {
  const byAddress = addressesOf(root);
  const byIdentity = new Map([...byAddress].map(([address, node]) => [node.identity, address]));
  const reference = (node: Definable) => byIdentity.get(node.identity) as string;
  const nodes = [...byAddress].map(([address, node]) => [address, nodeDefinition(node, reference)]);
  return { ...Object.fromEntries(nodes), version: VERSION };
}

/** SHA-256 of a node with its inputs by their identities: equal for nodes that compute the same. */
export function identityOf(node: Definable): string {
  const { style: _, ...rest } = nodeDefinition(node, (input) => input.identity);
  return hashOfJson(rest);
}

/** SHA-256 of the canonical definition, without version and what is cosmetic. */
export function hashOfDefinition(definition: PipelineDefinition): string {
  const nodes = nodesOf(definition).map(([reference, { style: _, ...node }]) => [reference, node]);
  return hashOfJson(Object.fromEntries(nodes));
}

/** One node as JSON; `reference` names its inputs. */
export function nodeDefinition(
  { type, attrs, declarations }: Definable,
  reference: (node: Definable) => string,
): NodeDefinition {
  const inputs: Record<string, InputReference> = {};
  const values: Record<string, unknown> = {};
  let style: unknown;
  for (const [name, { type: kind, default: standard, cosmetic }] of Object.entries(declarations)) {
    const value = attrs[name];
    if (value === undefined) continue;
    if (kind === "node") inputs[name] = reference(value as Definable);
    else if (kind === "nodes") inputs[name] = (value as Definable[]).map(reference);
    else if (kind === "nodeMap")
      inputs[name] = Object.fromEntries(
        Object.entries(value as Record<string, Definable>).map(([key, node]) => [key, reference(node)]),
      );
    else if (cosmetic) style = value;
    else {
      const json = typeRule(kind).toJson(value);
      const isStandard =
        standard !== undefined && canonicalJson(json as CanonicalValue) === standardJson(kind, standard);
      if (!isStandard) values[name] = json;
    }
  }
  return {
    node: type,
    ...(Object.keys(values).length > 0 && { attrs: values }),
    ...(Object.keys(inputs).length > 0 && { inputs }),
    ...(style !== undefined && { style }),
  };
}

function standardJson(kind: Parameters<typeof typeRule>[0], standard: unknown): string {
  const value = typeof standard === "function" ? standard() : standard;
  return canonicalJson(typeRule(kind).toJson(value) as CanonicalValue);
}
