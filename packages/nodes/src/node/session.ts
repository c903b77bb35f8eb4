import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import type { Picks } from "@zarr-cache/arrays/parts";
import { addressesOf } from "../definition/write-definition.ts";
import { ParameterError } from "../errors.ts";
import type { Params } from "../evaluators/evaluator.ts";
import { problemOf } from "./attribute.ts";
import type { Environment } from "./environment.ts";
import type { CacheUse } from "./eval-options.ts";
import type { Node } from "./node.ts";
import type { ResourceVersion } from "./resource.ts";

/** One evaluation of a pipeline: what all its nodes share. */
export interface Session {
  readonly environment: Environment;
  readonly signal: AbortSignal | undefined;
  readonly cache: CacheUse;
  /** Values of parameters by identity of the node, defaults filled in. */
  readonly params: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Versions of sources that were looked up, by identity of the node. */
  readonly versions: Map<string, Promise<ResourceVersion | undefined>>;
}

/** What a node is given to compute with. */
export interface EvalContext {
  /** The results of the inputs of an algorithm, by name. */
  readonly inputs: Readonly<Record<string, UnitsDataArray>>;
  /** The values of the node's parameters. */
  readonly params: Readonly<Record<string, unknown>>;
  /** The settings of the type, with their defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Of a data source: where the coordinates lie in its own, by dimension; those that are left out are whole. */
  readonly positions: Readonly<Record<string, Picks>>;
  readonly signal: AbortSignal | undefined;
  /** Evaluates another node of the pipeline. */
  evaluate(node: Node, coordinates: Coordinates): Promise<UnitsDataArray>;
}

/** Checks parameters against the declarations of the nodes that they are addressed to, and fills in defaults. */
export function checkedParams(root: Node, given: Params = {}): Session["params"] {
  const byAddress = addressesOf(root);
  for (const address of Object.keys(given))
    if (!byAddress.has(address))
      throw new ParameterError(
        `There is no node ${JSON.stringify(address)}; there are ${[...byAddress.keys()].join(", ")}`,
      );
  const values = new Map<string, Readonly<Record<string, unknown>>>();
  for (const [address, node] of byAddress)
    values.set(node.identity, paramsOf(address, node, given[address] ?? {}));
  return values;
}

function paramsOf(
  address: string,
  node: Node,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const declarations = node.paramDeclarations;
  for (const name of Object.keys(given))
    if (!Object.hasOwn(declarations, name))
      throw new ParameterError(
        `${address} has no parameter ${JSON.stringify(name)}; there are ${Object.keys(declarations).join(", ") || "none"}`,
      );
  const values: Record<string, unknown> = {};
  for (const [name, declaration] of Object.entries(declarations)) {
    const { default: standard, optional } = declaration;
    const value = given[name] ?? (typeof standard === "function" ? standard() : standard);
    if (value === undefined && !optional)
      throw new ParameterError(`${address}.${name} is missing: ${declaration.help}`);
    const problem = value === undefined ? undefined : problemOf(declaration, value);
    if (problem) throw new ParameterError(`${address}.${name} ${problem}`);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** The parameters of a node and all below it, by identity: what its results follow from. */
export function paramsBelow(node: Node, params: Session["params"]): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const each of addressesOf(node).values()) {
    const values = params.get(each.identity);
    if (values && Object.keys(values).length > 0) all[each.identity] = values;
  }
  return all;
}

/** The settings of the types of a node and all below it that declare any: what its results follow from as well. */
export function settingsBelow(
  node: Node,
  { settings }: Pick<Environment, "settings">,
): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const each of addressesOf(node).values()) {
    const values = { ...each.settingDefaults, ...settings?.of(each.type) };
    if (Object.keys(values).length > 0) all[each.type] = values;
  }
  return all;
}
