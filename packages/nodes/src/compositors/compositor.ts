import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { commonDims } from "../algorithms/algorithm.ts";
import { interpolated } from "../algorithms/interpolate.ts";
import { isRaw } from "../interpolation/method.ts";
import { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";

/**
 * Something that puts sources together. A type declares `sources` and implements `compute(coordinates, context)`, which
 * gets the values of one with `context.evaluate`, or with {@link sourceAt} where they are to be interpolated first.
 */
export abstract class Compositor<A extends object = Record<string, unknown>> extends Node<A> {
  static override readonly kind: "node" | "source" | "algorithm" | "compositor" = "compositor";
  declare readonly sources: readonly Node[];

  override get udims(): readonly string[] | undefined {
    return commonDims(this.sources);
  }

  override get bands(): readonly string[] | undefined {
    return this.sources[0]?.bands;
  }

  override get outputUnits(): UnitsDataArray["units"] {
    return this.units ?? this.sources[0]?.outputUnits;
  }

  /** The values of a source at these coordinates, interpolated as the compositor says unless the source does so itself. */
  sourceAt(source: Node, coordinates: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    const { interpolation } = this;
    const native = source.nativeCoordinates;
    if (interpolation === undefined || isRaw(interpolation) || !isRaw(source.interpolation) || !native)
      return context.evaluate(source, coordinates);
    return interpolated(source, native, coordinates, interpolation, context);
  }
}
