import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { interpolateAt } from "../interpolation/interpolate-at.ts";
import { type Interpolation, interpolationProblem, isRaw } from "../interpolation/method.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Algorithm } from "./algorithm.ts";

/** Attributes of {@link Interpolate}. */
export interface InterpolateAttributes {
  readonly source: Node;
  readonly interpolation?: Interpolation;
}

/**
 * The values of a source at any labels. The nearest label is looked for on the full source, of equally near ones the lower
 * position; beyond an evenly spaced end half a cell, elsewhere nothing. Linear beyond the ends is NaN.
 */
export class Interpolate extends Algorithm<InterpolateAttributes> {
  static override readonly type: string = "Interpolate";
  static override readonly attributes: AttributeDeclarations = {
    source: { type: "node", help: "What is interpolated; it has native labels" },
    interpolation: {
      type: "json",
      default: "nearest",
      check: interpolationProblem,
      help: "nearest, linear, bilinear, none, or a list of { method, dims, tolerance }",
    },
  };

  declare readonly source: Node;

  override get nativeCoordinates(): Coordinates | undefined {
    return this.source.nativeCoordinates;
  }

  override get udims(): readonly string[] | undefined {
    return this.source.udims;
  }

  override get bands(): readonly string[] | undefined {
    return this.source.bands;
  }

  override get outputUnits(): UnitsDataArray["units"] {
    return this.units ?? this.source.outputUnits;
  }

  override outputCoordinates(request: Coordinates): Coordinates {
    return isRaw(this.interpolation) ? this.source.outputCoordinates(request) : request;
  }

  override async produce(target: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    const { nativeCoordinates: native, interpolation } = this;
    if (!native || isRaw(interpolation)) return context.evaluate(this.source, target);
    return interpolated(this.source, native, target, interpolation as Interpolation, context);
  }
}

/** The values of a node between its native labels. */
export function interpolated(
  source: Node,
  native: Coordinates,
  target: Coordinates,
  how: Interpolation,
  context: EvalContext,
): Promise<UnitsDataArray> {
  return interpolateAt(native, target, how, ({ coordinates }) => context.evaluate(source, coordinates));
}
