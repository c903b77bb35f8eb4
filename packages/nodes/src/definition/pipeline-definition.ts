/** One node of a pipeline as JSON. */
export interface NodeDefinition {
  /** The type of the node, by its name in the registry. */
  readonly node: string;
  /** Attributes that differ from their defaults. */
  readonly attrs?: Readonly<Record<string, unknown>>;
  /** Attributes that are nodes, as references: one, a list, or a map. */
  readonly inputs?: Readonly<Record<string, InputReference>>;
  /** How results are shown; changes nothing that is computed. */
  readonly style?: unknown;
}

/** A reference to another node of the pipeline, or several. */
export type InputReference = string | readonly string[] | Readonly<Record<string, string>>;

/**
 * A pipeline as JSON: nodes by reference, inputs before what uses them. The last is what is evaluated, unless `output`
 * names another. `version` is that of the package that wrote it.
 */
export interface PipelineDefinition {
  readonly [reference: string]: NodeDefinition | string;
}

/** Members of a definition that are no nodes. */
export const RESERVED: readonly string[] = ["version", "output"];

/** The nodes of a definition, by reference. */
export function nodesOf(definition: PipelineDefinition): [reference: string, node: NodeDefinition][] {
  return Object.entries(definition).filter(([reference]) => !RESERVED.includes(reference)) as [
    string,
    NodeDefinition,
  ][];
}
