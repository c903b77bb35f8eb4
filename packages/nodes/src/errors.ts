/** What went wrong, as a tag that survives bundling and crosses realms: compare this, not the class. */
export type NodesErrorTag =
  | "NotImplementedError"
  | "AttributeError"
  | "ParameterError"
  | "DefinitionError"
  | "NodeCacheError"
  | "EvaluationError"
  | "SettingsError";

/** The base of every error that this package throws by itself: a tag, the fields that matter, and the cause. */
export class NodesError extends Error {
  /** Names the kind of error; stable across versions. */
  readonly tag: NodesErrorTag;

  constructor(tag: NodesErrorTag, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = tag;
    this.tag = tag;
  }
}

/** Narrows anything caught to an error of this package, optionally to one of the given tags. */
export function isNodesError(error: unknown, ...tags: NodesErrorTag[]): error is NodesError {
  if (!(error instanceof Error) || !("tag" in error) || error.name !== error.tag) return false;
  return tags.length === 0 ? error instanceof NodesError : tags.includes(error.tag as NodesErrorTag);
}

/** A method that a type of node must bring is not there. */
export class NotImplementedError extends NodesError {
  constructor(type: string, method: string) {
    super("NotImplementedError", `${type} has no ${method}(): a type of node implements it`);
  }
}

/** An attribute of a node is unknown, missing, or of the wrong type; names the node and says what is allowed. */
export class AttributeError extends NodesError {
  readonly attribute: string;

  constructor(type: string, attribute: string, reason: string, options?: ErrorOptions) {
    super("AttributeError", `${type}: attribute "${attribute}" ${reason}`, options);
    this.attribute = attribute;
  }
}

/** A parameter of an evaluation is unknown or impossible; says which there are. */
export class ParameterError extends NodesError {
  constructor(message: string) {
    super("ParameterError", message);
  }
}

/** One thing that is wrong with a definition, and where. */
export interface DefinitionProblem {
  /** Such as `Arithmetic.inputs.A`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** A definition is not one of a pipeline; lists everything that is wrong with it. */
export class DefinitionError extends NodesError {
  readonly problems: readonly DefinitionProblem[];

  constructor(problems: readonly DefinitionProblem[]) {
    const lines = problems.map(({ path, message }) => (path ? `${path}: ${message}` : message));
    super("DefinitionError", `The definition is not one of a pipeline: ${lines.join("; ")}`);
    this.problems = problems;
  }
}

/** What was asked of the cache of a node is not there, or cannot be kept. */
export class CacheError extends NodesError {
  constructor(message: string, options?: ErrorOptions) {
    super("NodeCacheError", message, options);
  }
}

/** Where an evaluation failed: the node by its type, and what it was asked for. */
export class EvaluationError extends NodesError {
  constructor(message: string, options?: ErrorOptions) {
    super("EvaluationError", message, options);
  }
}

/** A setting is unknown or impossible, or the file of settings cannot be read. */
export class SettingsError extends NodesError {
  constructor(message: string, options?: ErrorOptions) {
    super("SettingsError", message, options);
  }
}
