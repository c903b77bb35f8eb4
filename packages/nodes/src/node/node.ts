import {
  CoordinateError,
  type Coordinates,
  DEFAULT_CRS,
  GroupCoordinates,
  UnitsDataArray,
  WGS84_WITH_HEIGHT,
} from "@zarr-cache/arrays";
import { crsFacts } from "@zarr-cache/arrays/parts";
import type { PipelineDefinition } from "../definition/pipeline-definition.ts";
import { readDefinition } from "../definition/read-definition.ts";
import type { NodeRegistry } from "../definition/registry.ts";
import { richDefinition } from "../definition/rich-definition.ts";
import { validateDefinition } from "../definition/validate-definition.ts";
import { definitionOf } from "../definition/write-definition.ts";
import { AttributeError, type DefinitionProblem, NotImplementedError } from "../errors.ts";
import { type Estimate, estimate } from "../estimate/estimate.ts";
import type { Prices } from "../estimate/prices.ts";
import { evaluatorFor } from "../evaluators/evaluator-for.ts";
import { interpolateAt, isExact } from "../interpolation/interpolate-at.ts";
import { isRaw } from "../interpolation/method.ts";
import type { AttributeDeclarations } from "./attribute.ts";
import { checkEvalOptions, type EvalOptions } from "./eval-options.ts";
import { computeAt, evaluateNode, planOf, valuesAt } from "./evaluate.ts";
import { type FindOptions, type FoundCoordinates, findCoordinates } from "./find-coordinates.ts";
import { KeptNode } from "./kept-node.ts";
import { assertOutputFits, fillOutput } from "./output.ts";
import { askedPart } from "./prepare.ts";
import { type ProbedNode, probe } from "./probe.ts";
import type { ResourceVersion } from "./resource.ts";
import { checkedParams, type EvalContext, type Session } from "./session.ts";

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
  #last: { readonly requested: Coordinates; readonly result: UnitsDataArray } | undefined;

  /** Computes the values at these coordinates, which have the node's own dimensions in the order of the request. */
  compute(_coordinates: Coordinates, _context: EvalContext): UnitsDataArray | Promise<UnitsDataArray> {
    throw new NotImplementedError(this.type, "compute");
  }

  /**
   * Computes at any labels: of native ones those that are needed, and what lies between by interpolation. Called by the
   * evaluation; types implement {@link compute}.
   */
  async produce(target: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    const native = this.nativeCoordinates;
    if (!native) return this.compute(target, context);
    return interpolateAt(native, target, this.interpolation ?? "none", ({ coordinates, positions }) =>
      this.compute(coordinates, { ...context, positions }),
    );
  }

  /** Learns what must be known before an evaluation, such as the labels of a store, or that they have changed. */
  async prepare(): Promise<void> {}

  /** The labels that the node has by itself; undefined for one that can be evaluated anywhere. */
  get nativeCoordinates(): Coordinates | undefined {
    return undefined;
  }

  /** The unstacked dimensions of results; undefined where any dimension counts. */
  get udims(): readonly string[] | undefined {
    return this.nativeCoordinates?.udims;
  }

  /** The bands of results, if they have any. */
  get bands(): readonly string[] | undefined {
    return undefined;
  }

  /** The units of results, where they are known beforehand. */
  get outputUnits(): UnitsDataArray["units"] {
    return this.units;
  }

  /**
   * The labels that values for a request have, given that it has the node's dimensions alone: those of the request, or,
   * where nothing is interpolated and not all of them are native, the native ones around it.
   */
  outputCoordinates(request: Coordinates): Coordinates {
    const native = this.nativeCoordinates;
    if (!native || !isRaw(this.interpolation)) return request;
    const own = askedPart(native, request);
    if (isExact(own, request)) return request;
    const around = own.intersect(request, { outer: true });
    return isWgs84(own.crs) && isWgs84(request.crs) ? around.transform(request.crs) : around;
  }

  /** The version of what the node reads by itself, beside its inputs; undefined where it never changes. */
  version(): ResourceVersion | undefined | Promise<ResourceVersion | undefined> {
    return undefined;
  }

  /** Evaluates at coordinates. The result follows the rules of outputs, see the README. */
  async eval(coordinates: Coordinates, options: EvalOptions = {}): Promise<UnitsDataArray> {
    checkEvalOptions(options);
    if (this.compute === Node.prototype.compute && this.produce === Node.prototype.produce)
      throw new NotImplementedError(this.type, "compute");
    const session = this.#session(options);
    session.signal?.throwIfAborted();
    await this.ready();
    planOf(this, coordinates);
    const evaluator = await evaluatorFor(options.method ?? "serial", session.environment);
    const compute = async (missing: Coordinates) => {
      let keep = true;
      const definition = () => this.definition("dict");
      const array = await evaluator.evaluate({
        node: this,
        get definition() {
          return definition();
        },
        coordinates: missing,
        params: options.params ?? {},
        cache: session.cache,
        signal: session.signal,
        local: (part) => computeAt(this, part, session),
        progress: options.onProgress ?? (() => {}),
        failed: (failure) => {
          keep = false;
          options.onFailure?.(failure);
        },
      });
      return { array, keep };
    };
    const result = await evaluateNode(this, coordinates, session, async (target) =>
      evaluator.keeps ? (await compute(target)).array : valuesAt(this, target, session, compute),
    );
    this.#last = { requested: coordinates, result };
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
    const { requested, result } = this.#last;
    const read = async () => (this.environment.cache ? this.eval(requested) : result);
    return {
      requested,
      outputCoordinates: result.coordinates,
      get output() {
        return read();
      },
    };
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

  #session({ params, signal, cache = "use" }: EvalOptions): Session {
    return {
      environment: this.environment,
      signal,
      cache,
      params: checkedParams(this, params),
      versions: new Map(),
    };
  }
}

/** Whether labels are degrees on WGS84, with heights or without: the same in both. */
function isWgs84(crs: string): boolean {
  return [DEFAULT_CRS, WGS84_WITH_HEIGHT].includes(crsFacts(crs).name);
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
