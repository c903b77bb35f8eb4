import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { interpolationProblem } from "../interpolation/method.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";

/** Attributes of {@link Reproject}. */
export interface ReprojectAttributes {
  readonly source: Node;
  readonly coordinates: Coordinates;
}

/** A source on other native labels, in any CRS: it is evaluated there, and interpolated from there. */
export class Reproject extends Node<ReprojectAttributes> {
  static override readonly kind: "node" | "source" | "algorithm" | "compositor" = "algorithm";
  static override readonly type: string = "Reproject";
  static override readonly attributes: AttributeDeclarations = {
    source: { type: "node", help: "What is evaluated" },
    coordinates: { type: "coordinates", help: "The labels it is evaluated at" },
    interpolation: {
      type: "json",
      default: "nearest",
      check: interpolationProblem,
      help: "How values between these labels are found",
    },
  };

  declare readonly source: Node;
  declare readonly coordinates: Coordinates;

  override get nativeCoordinates(): Coordinates {
    return this.coordinates;
  }

  override get bands(): readonly string[] | undefined {
    return this.source.bands;
  }

  override get outputUnits(): UnitsDataArray["units"] {
    return this.units ?? this.source.outputUnits;
  }

  override compute(coordinates: Coordinates, { evaluate }: EvalContext): Promise<UnitsDataArray> {
    return evaluate(this.source, coordinates);
  }
}
