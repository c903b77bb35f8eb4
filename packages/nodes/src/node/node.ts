import { CoordinateError, type Coordinates, GroupCoordinates, UnitsDataArray } from "@zarr-cache/arrays";
import type { PipelineDefinition } from "../definition/pipeline-definition.ts";
import { readDefinition } from "../definition/read-definition.ts";
import type { NodeRegistry } from "../definition/registry.ts";
import { richDefinition } from "../definition/rich-definition.ts";
import { validateDefinition } from "../definition/validate-definition.ts";
import { addressesOf, definitionOf } from "../definition/write-definition.ts";
import { AttributeError, type DefinitionProblem, NotImplementedError } from "../errors.ts";
import { type Estimate, estimate } from "../estimate/estimate.ts";
import type { Prices } from "../estimate/prices.ts";
import type { AttributeDeclarations } from "./attribute.ts";
import { ComputedNode } from "./computed-node.ts";
import { checkEvalOptions, type EvalOptions } from "./eval-options.ts";
import { planOf } from "./evaluate.ts";
import { evaluateByMethod } from "./evaluate-by-method.ts";
import { type FindOptions, type FoundCoordinates, findCoordinates } from "./find-coordinates.ts";
import { KeptNode } from "./kept-node.ts";
import { assertOutputFits, fillOutput } from "./output.ts";
import { type ProbedNode, probe } from "./probe.ts";
import type { EvalContext } from "./session.ts";

/** What the last evaluation of a node was. */
export interface LastEvaluation {
  readonly requested: Coordinates;
  readonly outputCoordinates: Coordinates;
  /** Read through the cache where there is one. */
  readonly output: Promise<UnitsDataArray>;
}

/**
 * Something that is evaluated over coordinates: a data source, an algorithm, a compositor. What it computes follows from
 * its type, its attributes and its inputs alone, all of which JSON describes, and from the parameters of an evaluation.
 *
 * A type of node declares attributes and parameters and implements `compute`. It has no constructor of its own: attributes
 * are checked, then `firstInit` may change them, then they are frozen, then `init` is called. Fields for attributes are
 * written `declare readonly …`.
 */
export class Node<A extends object = Record<string, unknown>> extends KeptNode<A> {
  #ready: Promise<void> | undefined;
  #last:
    | (Pick<EvalOptions, "params"> & Pick<LastEvaluation, "requested"> & { readonly result: UnitsDataArray })
    | undefined;

  /** Evaluates at coordinates. The result follows the rules of outputs, see the README. */
  async eval(coordinates: Coordinates, options: EvalOptions = {}): Promise<UnitsDataArray> {
    checkEvalOptions(options);
    const { compute, produce } = ComputedNode.prototype;
    if (this.compute === compute && this.produce === produce)
      throw new NotImplementedError(this.type, "compute");
    const result = await evaluateByMethod(this, coordinates, options);
    const { params } = options;
    this.#last = { requested: coordinates, result, ...(params && { params }) };
    if (!options.output) return result;
    const { output } = options;
    const units = output.units === undefined && this.outputUnits === undefined ? undefined : result.units;
    assertOutputFits(output, this.#emptyOutput(coordinates, { units, bands: result.bands }));
    await fillOutput(output, result);
    return output;
  }

  /** Evaluates at each coordinates of a group. */
  async evalGroup(
    group: GroupCoordinates,
    options: Omit<EvalOptions, "output"> = {},
  ): Promise<UnitsDataArray[]> {
    if (!(group instanceof GroupCoordinates)) throw new CoordinateError("evalGroup takes GroupCoordinates");
    const results: UnitsDataArray[] = [];
    for (const coordinates of group) results.push(await this.eval(coordinates, options));
    return results;
  }

  /** An array for the answer to a request, NaN everywhere, that `eval` can fill. */
  createOutputArray(coordinates: Coordinates): UnitsDataArray {
    return this.#emptyOutput(coordinates, { units: this.outputUnits, bands: this.bands });
  }

  #emptyOutput(
    coordinates: Coordinates,
    { units, bands }: Pick<UnitsDataArray, "bands"> & { readonly units: UnitsDataArray["units"] },
  ): UnitsDataArray {
    return UnitsDataArray.create(planOf(this, coordinates).prepared.answer, Number.NaN, { units, bands });
  }

  /** Prepares this node and all below it; `eval` does so by itself, each time. */
  ready(): Promise<void> {
    this.#ready ??= Promise.all(Object.values(this.inputs).map((input) => input.ready()))
      .then(() => this.prepare())
      .finally(() => {
        this.#ready = undefined;
      });
    return this.#ready;
  }

  /** The last evaluation, of this object. */
  get last(): LastEvaluation | undefined {
    if (!this.#last) return undefined;
    const { requested, result, ...options } = this.#last;
    const read = async () => (this.environment.cache ? this.eval(requested, options) : result);
    return {
      requested,
      outputCoordinates: result.coordinates,
      get output() {
        return read();
      },
    };
  }

  /** The node of the pipeline at an address, as {@link definition} names it. */
  at(address: string): Node {
    const byAddress = addressesOf<Node>(this);
    const found = byAddress.get(address);
    if (!found)
      throw new AttributeError(
        this.type,
        address,
        `is no address; there are ${[...byAddress.keys()].join(", ")}`,
      );
    return found;
  }

  /** Every node of the pipeline by its address, inputs before what uses them. */
  get pipeline(): ReadonlyMap<string, Node> {
    return addressesOf<Node>(this);
  }

  /** Native labels by dimension and node, those with most first. */
  async findCoordinates(options: FindOptions): Promise<FoundCoordinates> {
    await this.ready();
    return findCoordinates(this, options);
  }

  /** What every node of the pipeline has to do with the value of one point, by address. */
  probe(
    point: Coordinates,
    options: Omit<EvalOptions, "output" | "params"> = {},
  ): Promise<Map<string, ProbedNode>> {
    return probe(this, point, options);
  }

  /** What an evaluation would take: chunks, the share that is cached, seconds, and with prices its cost, itemised. */
  estimate(coordinates: Coordinates, prices?: Prices): Promise<Estimate> {
    return estimate(this, coordinates, prices);
  }

  /** The pipeline: as an object, as JSON text, as a node, or as HTML with a graph. */
  definition(form?: "dict"): PipelineDefinition;
  definition(form: "json" | "rich"): string;
  definition(form: "node"): Node;
  definition(form: "dict" | "json" | "node" | "rich" = "dict"): PipelineDefinition | string | Node {
    if (form === "dict") return definitionOf(this);
    if (form === "json") return JSON.stringify(definitionOf(this), null, 2);
    if (form === "rich") return richDefinition(this);
    if (form === "node") return new Pipeline({ output: this }, this.environment);
    throw new AttributeError(
      this.type,
      "definition",
      `has no form ${JSON.stringify(form)}; there are dict, json, node, rich`,
    );
  }

  get pipelineDict(): PipelineDefinition {
    return this.definition("dict");
  }

  get pipelineJson(): string {
    return this.definition("json");
  }

  get pipelineNode(): Node {
    return this.definition("node");
  }

  get pipelineRich(): string {
    return this.definition("rich");
  }

  toJSON(): PipelineDefinition {
    return this.definition("dict");
  }

  /** Reads a pipeline back; types and resources are those of the registry. */
  static fromDefinition(definition: PipelineDefinition | string, registry: NodeRegistry): Node {
    return readDefinition(definition, registry);
  }

  /** Everything that is wrong with a definition, with its place; see {@link validateDefinition}. */
  static validateDefinition(definition: unknown, registry: NodeRegistry): DefinitionProblem[] {
    return validateDefinition(definition, registry);
  }
}

/** A whole pipeline as one node: what `definition("node")` gives. It is its output, and everything asked of it is asked of that. */
export class Pipeline extends Node<{ readonly output: Node }> {
  static override readonly type: string = "Pipeline";
  static override readonly attributes: AttributeDeclarations = {
    output: { type: "node", help: "The node that is evaluated" },
  };

  declare readonly output: Node;

  /** The output keeps its own results. */
  override firstInit(attrs: Record<string, unknown>): Record<string, unknown> {
    return { ...attrs, cacheOutput: false };
  }

  override async produce(target: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    return context.evaluate(this.output, target);
  }

  override get nativeCoordinates(): Coordinates | undefined {
    return this.output.nativeCoordinates;
  }

  override get udims(): readonly string[] | undefined {
    return this.output.udims;
  }

  override get bands(): readonly string[] | undefined {
    return this.output.bands;
  }

  override get outputUnits(): UnitsDataArray["units"] {
    return this.output.outputUnits;
  }

  override outputCoordinates(request: Coordinates): Coordinates {
    return this.output.outputCoordinates(request);
  }

  override get hash(): string {
    return this.output.hash;
  }

  override get identity(): string {
    return this.output.identity;
  }

  override get pipeline(): ReadonlyMap<string, Node> {
    return this.output.pipeline;
  }

  override at(address: string): Node {
    return this.output.at(address);
  }

  override definition(form?: "dict"): PipelineDefinition;
  override definition(form: "json" | "rich"): string;
  override definition(form: "node"): Node;
  override definition(form: "dict" | "json" | "node" | "rich" = "dict"): PipelineDefinition | string | Node {
    return form === "node" ? this : this.output.definition(form as "dict");
  }
}
