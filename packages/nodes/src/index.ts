export { Algorithm } from "./algorithms/algorithm.ts";
export { Arithmetic, type ArithmeticAttributes } from "./algorithms/arithmetic/arithmetic.ts";
export { Combine, type CombineAttributes } from "./algorithms/combine.ts";
export { Convolution, type ConvolutionAttributes } from "./algorithms/convolution.ts";
export {
  ExpandCoordinates,
  type ExpandCoordinatesAttributes,
  type Window,
} from "./algorithms/expand-coordinates.ts";
export { GroupReduce, type GroupReduceAttributes } from "./algorithms/group-reduce.ts";
export { Interpolate, type InterpolateAttributes } from "./algorithms/interpolate.ts";
export { Mask, type MaskAttributes } from "./algorithms/mask.ts";
export { Reduce, type ReduceAttributes } from "./algorithms/reduce.ts";
export { Reproject, type ReprojectAttributes } from "./algorithms/reproject.ts";
export { SelectCoordinates, type SelectCoordinatesAttributes } from "./algorithms/select-coordinates.ts";
export type { StatisticName } from "./algorithms/statistics.ts";
export type { CacheEntry } from "./cache/cache-entries.ts";
export type { Expires } from "./cache/expiry.ts";
export type { GetCacheOptions, PutCacheOptions } from "./cache/node-cache.ts";
export type { JsonValue, Keepable, Kept, NdArrayLike } from "./cache/result-codec.ts";
export { Compositor } from "./compositors/compositor.ts";
export { OrderedCompositor, type OrderedCompositorAttributes } from "./compositors/ordered-compositor.ts";
export { TileCompositor, type TileCompositorAttributes } from "./compositors/tile-compositor.ts";
export { BUILT_IN_NODES, createRegistry } from "./definition/built-in-nodes.ts";
export type { InputReference, NodeDefinition, PipelineDefinition } from "./definition/pipeline-definition.ts";
export { NodeRegistry, type NodeType } from "./definition/registry.ts";
export { resourcesOf } from "./definition/resources-of.ts";
export { validateDefinition } from "./definition/validate-definition.ts";
export {
  AttributeError,
  CacheError,
  DefinitionError,
  type DefinitionProblem,
  EvaluationError,
  isNodesError,
  NodesError,
  type NodesErrorTag,
  NotImplementedError,
  ParameterError,
  SettingsError,
} from "./errors.ts";
export type { CostItem, Estimate, EstimatedCost } from "./estimate/estimate.ts";
export { AWS_PRICES, type Prices } from "./estimate/prices.ts";
export {
  type ChunkFailure,
  type EvaluationProgress,
  type EvaluationTask,
  type Evaluator,
  type Params,
  serial,
} from "./evaluators/evaluator.ts";
export type { Interpolation, InterpolationMethod } from "./interpolation/method.ts";
export type { AttributeDeclaration, AttributeDeclarations, AttributeType } from "./node/attribute.ts";
export type { CommonAttributes } from "./node/described-node.ts";
export type { Environment, SettingsSource } from "./node/environment.ts";
export type { CacheUse, EvalOptions } from "./node/eval-options.ts";
export type { FindOptions, FoundCoordinates } from "./node/find-coordinates.ts";
export { type LastEvaluation, Node, Pipeline } from "./node/node.ts";
export type { ProbedNode } from "./node/probe.ts";
export { type Resource, type ResourceVersion, resource } from "./node/resource.ts";
export type { EvalContext } from "./node/session.ts";
export { ArraySource, type ArraySourceAttributes } from "./sources/array-source.ts";
export { DataSource } from "./sources/data-source.ts";
export {
  FunctionSource,
  type FunctionSourceAttributes,
  type SourceFunction,
} from "./sources/function-source.ts";
export { ZarrSource, type ZarrSourceAttributes } from "./sources/zarr-source.ts";
export type { CachedNodeOptions } from "./store/cached-node.ts";
export { type NodeStore, nodeStore } from "./store/node-store.ts";
export type { NodeStoreOptions, ZarrFormat } from "./store/node-store-options.ts";
export { type AxisJson, type GridJson, readCoordinates } from "./store/read-coordinates.ts";
