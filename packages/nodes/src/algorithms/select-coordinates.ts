import { Coordinates, type UnitsDataArray } from "@zarr-cache/arrays";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Algorithm, commonLabels } from "./algorithm.ts";

/** Attributes of {@link SelectCoordinates}. */
export interface SelectCoordinatesAttributes {
  readonly source: Node;
  readonly coordinates: Coordinates;
}

/** A source at fixed labels of some dimensions, whatever is requested of them; the others are as requested. */
export class SelectCoordinates extends Algorithm<SelectCoordinatesAttributes> {
  static override readonly type: string = "SelectCoordinates";
  static override readonly attributes: AttributeDeclarations = {
    source: { type: "node", help: "What is evaluated" },
    coordinates: { type: "coordinates", help: "The labels that take the place of requested ones" },
  };

  declare readonly source: Node;
  declare readonly coordinates: Coordinates;

  override get udims(): readonly string[] | undefined {
    return this.source.udims?.filter((name) => !this.coordinates.udims.includes(name));
  }

  override outputCoordinates(request: Coordinates): Coordinates {
    const whole = commonLabels([this.source], this.#whole(request));
    const parts = whole.parts.filter(({ names }) => names.some((name) => request.udims.includes(name)));
    return Coordinates.of(parts, { crs: request.crs, dimensions: "any" });
  }

  override produce(target: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    return context.evaluate(this.source, this.#whole(target));
  }

  /** A request with the fixed labels. */
  #whole(request: Coordinates): Coordinates {
    const fixed = this.coordinates;
    const kept = request.udrop(...request.udims.filter((name) => fixed.udims.includes(name)));
    const crs = kept.parts.length > 0 ? kept.crs : fixed.crs;
    return Coordinates.of([...kept.parts, ...fixed.transform(crs).parts], { crs, dimensions: "any" });
  }
}
