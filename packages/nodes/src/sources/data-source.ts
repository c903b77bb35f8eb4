import { Node } from "../node/node.ts";

/**
 * Something that has values by itself. A type implements `nativeCoordinates` and `compute(coordinates, context)`, which gives
 * the values at native coordinates; `context.positions` tells where they lie. Without `interpolation` a source gives
 * its own points around a request. Rotated rasters, whose stack has several dimensions, are asked for whole.
 */
export abstract class DataSource<A extends object = Record<string, unknown>> extends Node<A> {
  static override readonly kind: "node" | "source" | "algorithm" | "compositor" = "source";
}
