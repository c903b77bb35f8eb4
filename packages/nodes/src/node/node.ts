import {
  CoordinateError,
  type Coordinates,
  DEFAULT_CRS,
  GroupCoordinates,
  UnitsDataArray,
  WGS84_WITH_HEIGHT,
} from "@zarr-cache/arrays";
import { crsFacts } from "@zarr-cache/arrays/parts";
import type { CachedStore } from "zarr-cache";
import type { ResultCache } from "zarr-cache/memo";
import {
  type CacheEntry,
  cacheDir,
  cacheEntries,
  cachePath,
  delCache,
  type GetCacheOptions,
  getCache,
  hasCache,
  type PutCacheOptions,
  putCache,
  sweepCache,
} from "../cache/node-cache.ts";
import type { Keepable, Kept } from "../cache/result-codec.ts";
import type { PipelineDefinition } from "../definition/pipeline-definition.ts";
import { readDefinition } from "../definition/read-definition.ts";
import type { NodeRegistry } from "../definition/registry.ts";
import { richDefinition } from "../definition/rich-definition.ts";
import { validateDefinition } from "../definition/validate-definition.ts";
import { addressesOf, definitionOf, hashOfDefinition, identityOf } from "../definition/write-definition.ts";
import { AttributeError, type DefinitionProblem, NotImplementedError } from "../errors.ts";
import { type Estimate, estimate } from "../estimate/estimate.ts";
import type { Prices } from "../estimate/prices.ts";
import type { Params } from "../evaluators/evaluator.ts";
import { evaluatorFor } from "../evaluators/evaluator-for.ts";
import { interpolateAt, isExact } from "../interpolation/interpolate-at.ts";
import { type Interpolation, interpolationProblem, isRaw } from "../interpolation/method.ts";
import { type CachedNodeOptions, cachedNode } from "../store/cached-node.ts";
import type { AttributeDeclaration, AttributeDeclarations } from "./attribute.ts";
import { checkedAttributes, declarationsOf } from "./declarations.ts";
import type { Environment } from "./environment.ts";
import { checkEvalOptions, type EvalOptions } from "./eval-options.ts";
import { computeAt, evaluateNode, planOf, valuesAt } from "./evaluate.ts";
import { type FindOptions, type FoundCoordinates, findCoordinates } from "./find-coordinates.ts";
import { assertOutputFits, fillOutput } from "./output.ts";
import { askedPart } from "./prepare.ts";
import { type ProbedNode, probe } from "./probe.ts";
import type { ResourceVersion } from "./resource.ts";
import { checkedParams, type EvalContext, type Session } from "./session.ts";

/** Attributes that every node has. */
export interface CommonAttributes {
  readonly units?: string;
  readonly interpolation?: Interpolation;
  readonly style?: unknown;
  readonly cacheOutput?: boolean;
  readonly expires?: string | number;
}

const COMMON = {
  units: { type: "string", optional: true, help: "The units of results, as CF writes them" },
  interpolation: {
    type: "json",
    optional: true,
    check: interpolationProblem,
    help: "How values between native labels are found; source points unless told",
  },
  style: {
    type: "json",
    optional: true,
    cosmetic: true,
    help: "How results are shown; changes nothing that is computed",
  },
  cacheOutput: { type: "boolean", default: true, help: "Whether results are kept where there is a cache" },
  expires: {
    type: "json",
    optional: true,
    help: "How long results are kept: milliseconds or a duration such as 1d",
  },
} as const satisfies Readonly<Record<keyof CommonAttributes, AttributeDeclaration>>;

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
export class Node<A extends object = Record<string, unknown>> {
  /** The name of the type in definitions and registries. */
  static readonly type: string = "Node";
  /** Attributes of the type, beside those of the types above it. */
  static readonly attributes: AttributeDeclarations = COMMON;
  /** Parameters that an evaluation may set. */
  static readonly params: AttributeDeclarations = {};
  /** Settings of the type, which a user keeps in a file. */
  static readonly settings: AttributeDeclarations = {};
  /** The kind of node, for pictures and for `findCoordinates`. */
  static readonly kind: "node" | "source" | "algorithm" | "compositor" = "node";

  /** The values of all attributes, frozen. */
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly #environment: Environment;
  #identity: string | undefined;
  #hash: string | undefined;
  #ready: Promise<void> | undefined;
  #last: { readonly requested: Coordinates; readonly result: UnitsDataArray } | undefined;

  declare readonly units: string | undefined;
  declare readonly interpolation: Interpolation | undefined;
  declare readonly style: unknown;
  declare readonly cacheOutput: boolean;
  declare readonly expires: string | number | undefined;

  /** Errors are {@link AttributeError}s that name the attribute. */
  constructor(attrs: A & CommonAttributes = {} as A, environment: Environment = {}) {
    this.#environment = environment;
    const given = this.firstInit({ ...attrs } as Record<string, unknown>);
    this.attrs = Object.freeze(
      checkedAttributes(this.type, this.declarations, given, (value) => value instanceof Node),
    );
    for (const name of Object.keys(this.declarations)) {
      if (name in Node.prototype || name === "attrs")
        throw new AttributeError(this.type, name, "has a name that every node uses for something else");
      Object.defineProperty(this, name, { value: this.attrs[name], enumerable: true });
    }
    this.init();
  }

  /** Changes attributes before they are checked. */
  firstInit(attrs: Record<string, unknown>): Record<string, unknown> {
    return attrs;
  }

  /** Called once all attributes are set; throws where they do not fit together. */
  init(): void {}

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
        get definition() {
          return definition();
        },
        coordinates: missing,
        params: options.params ?? {},
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
    const result = await evaluateNode(this, coordinates, session, (target) =>
      valuesAt(this, target, session, compute),
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
    const read = async () => (this.#environment.cache ? this.eval(requested) : result);
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

  /** Reads what is kept under a key, for coordinates or for none; a `CacheError` where it is absent or has expired. */
  getCache(key: "output", coordinates: Coordinates, options?: GetCacheOptions): Promise<UnitsDataArray>;
  getCache(key: string, coordinates?: Coordinates, options?: GetCacheOptions): Promise<Kept["value"]>;
  getCache(key: string, coordinates?: Coordinates, options: GetCacheOptions = {}): Promise<Kept["value"]> {
    return getCache(this, key, coordinates, options);
  }

  /** Keeps an array, an ndarray, a node, JSON or bytes under a key, for coordinates or for none. */
  putCache(
    key: string,
    coordinates: Coordinates | undefined,
    data: Keepable,
    options: PutCacheOptions = {},
  ): Promise<void> {
    return putCache(this, key, coordinates, data, options);
  }

  /** Whether something is kept and has not expired. */
  hasCache(
    key: string,
    coordinates?: Coordinates,
    options: { readonly params?: Params } = {},
  ): Promise<boolean> {
    return hasCache(this, key, coordinates, options.params);
  }

  /** Drops one entry; with the coordinates `"*"` all of a key, with the key `"*"` everything that is kept of the node. */
  delCache(key: string, coordinates?: Coordinates | "*"): Promise<void> {
    return delCache(this, key, coordinates);
  }

  /** The node on a grid as a cached Zarr store, which any client reads: what is evaluated once is read from then on. */
  cached(cache: ResultCache, options: CachedNodeOptions): CachedStore {
    return cachedNode(this, cache, options);
  }

  /** Every result that is kept of the pipeline, stage by stage. */
  cacheEntries(): Promise<CacheEntry[]> {
    return cacheEntries(this);
  }

  /** Removes what has expired of the pipeline, which nobody can see any more; tells how many entries. */
  sweepCache(): Promise<number> {
    return sweepCache(this);
  }

  /** Where all that is kept of the node is: the store id and a path in it. */
  get cacheDir(): string {
    return cacheDir(this);
  }

  /** Where one result is kept: the store id and the key in it. */
  cachePath(key: string, coordinates?: Coordinates): Promise<string> {
    return cachePath(this, key, coordinates);
  }

  /** A quantity that is expensive to find, such as an index: computed once for all nodes that are equal, in all processes. */
  async cachedProperty<T extends Keepable>(name: string, fn: () => T | Promise<T>): Promise<T> {
    if (!this.#environment.cache) return fn();
    return (await getCache(this, name, undefined, { evaluate: fn })) as T;
  }

  /** What an evaluation would take: chunks, the share that is cached, seconds, and with prices its cost, itemised. */
  estimate(coordinates: Coordinates, prices?: Prices): Promise<Estimate> {
    return estimate(this, coordinates, prices);
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

  /** The same node with another environment, such as a cache: `node.using({ cache })`. */
  using(environment: Environment): this {
    const Type = this.constructor as new (attrs: object, environment: Environment) => this;
    return new Type(this.attrs, { ...this.#environment, ...environment });
  }

  /** What the node works with. */
  get environment(): Environment {
    return this.#environment;
  }

  get type(): string {
    return (this.constructor as typeof Node).type;
  }

  get declarations(): AttributeDeclarations {
    return declarationsOf(this.constructor as typeof Node);
  }

  get paramDeclarations(): AttributeDeclarations {
    return (this.constructor as typeof Node).params;
  }

  /** The settings of the type where nobody has set them. */
  get settingDefaults(): Readonly<Record<string, unknown>> {
    const { settings } = this.constructor as typeof Node;
    return Object.fromEntries(
      Object.entries(settings).map(([name, { default: standard }]) => [
        name,
        typeof standard === "function" ? standard() : standard,
      ]),
    );
  }

  /** The nodes that attributes hold, by the name of the attribute, or of the member of a map, or `name[0]`. */
  get inputs(): Readonly<Record<string, Node>> {
    const named = Object.entries(this.declarations).flatMap(([name, { type }]): [string, Node][] => {
      const value = this.attrs[name];
      if (value === undefined) return [];
      if (type === "node") return [[name, value as Node]];
      if (type === "nodeMap") return Object.entries(value as Record<string, Node>);
      if (type === "nodes") return (value as Node[]).map((node, at) => [`${name}[${at}]`, node]);
      return [];
    });
    return Object.fromEntries(named);
  }

  /** The pipeline: as an object, as JSON text, as a node, or as HTML with a graph. */
  definition(form?: "dict"): PipelineDefinition;
  definition(form: "json" | "rich"): string;
  definition(form: "node"): Node;
  definition(form: "dict" | "json" | "node" | "rich" = "dict"): PipelineDefinition | string | Node {
    if (form === "dict") return definitionOf(this);
    if (form === "json") return JSON.stringify(definitionOf(this), null, 2);
    if (form === "rich") return richDefinition(this);
    if (form === "node") return new Pipeline({ output: this }, this.#environment);
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

  /** SHA-256 of the canonical definition, without version and style. */
  get hash(): string {
    this.#hash ??= hashOfDefinition(definitionOf(this));
    return this.#hash;
  }

  /** Equal for nodes that compute the same. */
  get identity(): string {
    this.#identity ??= identityOf(this);
    return this.#identity;
  }

  toString(): string {
    return `<${this.type} ${this.hash.slice(0, 8)}: ${[...this.pipeline.keys()].join(", ")}>`;
  }

  #session({ params, signal, cache = "use" }: EvalOptions): Session {
    return {
      environment: this.#environment,
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
