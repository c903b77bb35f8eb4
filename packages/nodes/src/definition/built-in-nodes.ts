import { Arithmetic } from "../algorithms/arithmetic/arithmetic.ts";
import { Combine } from "../algorithms/combine.ts";
import { Convolution } from "../algorithms/convolution.ts";
import { ExpandCoordinates } from "../algorithms/expand-coordinates.ts";
import { GroupReduce } from "../algorithms/group-reduce.ts";
import { Interpolate } from "../algorithms/interpolate.ts";
import { Mask } from "../algorithms/mask.ts";
import { Reduce } from "../algorithms/reduce.ts";
import { Reproject } from "../algorithms/reproject.ts";
import { SelectCoordinates } from "../algorithms/select-coordinates.ts";
import { OrderedCompositor } from "../compositors/ordered-compositor.ts";
import { TileCompositor } from "../compositors/tile-compositor.ts";
import { ArraySource } from "../sources/array-source.ts";
import { FunctionSource } from "../sources/function-source.ts";
import { ZarrSource } from "../sources/zarr-source.ts";
import { NodeRegistry, type NodeType } from "./registry.ts";

/** Every type of node that this package brings. */
export const BUILT_IN_NODES: readonly NodeType[] = [
  ArraySource,
  ZarrSource,
  FunctionSource,
  Interpolate,
  OrderedCompositor,
  TileCompositor,
  Arithmetic,
  Reduce,
  Convolution,
  GroupReduce,
  Mask,
  SelectCoordinates,
  ExpandCoordinates,
  Reproject,
  Combine,
];

/** A registry with every type of this package, and those that are given. */
export function createRegistry(types: readonly NodeType[] = []): NodeRegistry {
  return new NodeRegistry([...BUILT_IN_NODES, ...types]);
}
