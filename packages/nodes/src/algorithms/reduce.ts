import { CoordinateError, Coordinates, type UnitsDataArray } from "@zarr-cache/arrays";
import { partDims } from "@zarr-cache/arrays/parts";
import { assembled } from "../cache/assembly.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Algorithm, commonLabels } from "./algorithm.ts";
import { PERCENT, STATISTICS, type StatisticName, statistic } from "./statistics.ts";

/** Attributes of {@link Reduce}. */
export interface ReduceAttributes {
  readonly source: Node;
  readonly reduction: StatisticName;
  readonly dims?: readonly string[];
  readonly percent?: number;
  readonly coordinates?: Coordinates;
}

/**
 * Reduces dimensions of a source, whole: over all native labels, or those of `coordinates`, whatever is requested of them. The
 * other dimensions are as requested, and worked through in blocks, so that what is in memory is bounded.
 */
export class Reduce extends Algorithm<ReduceAttributes> {
  static override readonly type: string = "Reduce";
  static override readonly attributes: AttributeDeclarations = {
    source: { type: "node", help: "What is reduced" },
    reduction: { type: "string", choices: STATISTICS, help: "What is made of the values" },
    dims: { type: "strings", optional: true, help: "The dimensions that are reduced; all unless told" },
    percent: PERCENT,
    coordinates: {
      type: "coordinates",
      optional: true,
      help: "The labels to reduce over, where not the native ones",
    },
  };

  declare readonly source: Node;
  declare readonly reduction: StatisticName;
  declare readonly dims: readonly string[] | undefined;
  declare readonly percent: number;
  declare readonly coordinates: Coordinates | undefined;

  override get udims(): readonly string[] | undefined {
    const reduced = this.#over.udims;
    return this.source.udims?.filter((name) => !reduced.includes(name));
  }

  override outputCoordinates(request: Coordinates): Coordinates {
    const whole = commonLabels([this.source], this.#whole(request));
    const parts = whole.parts.filter(({ names }) => names.some((name) => request.udims.includes(name)));
    return Coordinates.of(parts, { crs: request.crs, dimensions: "any" });
  }

  override async produce(target: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    const over = this.#over;
    const block = blockShape(target.shape, Math.max(1, Math.floor(MOST_POINTS / Math.max(1, over.size))));
    const pieces: UnitsDataArray[] = [];
    const blocks = target.size === 0 ? [{ coordinates: target }] : target.chunks(block);
    for (const { coordinates } of blocks) {
      const values = await context.evaluate(this.source, this.#whole(coordinates));
      pieces.push(statistic(values, this.reduction, over.dims, this.percent));
    }
    return pieces.length === 1 ? (pieces[0] as UnitsDataArray) : assembled(target, pieces);
  }

  /** A request with the labels that are reduced. */
  #whole(request: Coordinates): Coordinates {
    const crs = request.parts.length > 0 ? request.crs : this.#over.crs;
    return Coordinates.of([...request.parts, ...this.#over.transform(crs).parts], { crs, dimensions: "any" });
  }

  get #over(): Coordinates {
    const labels = this.coordinates ?? this.source.nativeCoordinates;
    if (!labels)
      throw new CoordinateError(
        `Reduce: ${this.source.type} has no native labels; give coordinates to reduce over`,
      );
    const { dims } = this;
    if (!dims) return labels;
    const unknown = dims.find((dim) => !labels.has(dim));
    if (unknown !== undefined)
      throw new CoordinateError(
        `Reduce: dimension ${JSON.stringify(unknown)} is not there; there are ${labels.dims.join(", ")}`,
      );
    const parts = labels.parts.filter((part) =>
      dims.some((dim) => part.names.includes(dim) || partDims(part).includes(dim)),
    );
    return Coordinates.of(parts, { crs: labels.crs, dimensions: "any" });
  }
}

/** Points of a source that are in memory at a time, about. */
const MOST_POINTS = 2 ** 22;

function blockShape(shape: readonly number[], most: number): number[] {
  const block = shape.map((length) => Math.max(1, length));
  while (block.reduce((product, length) => product * length, 1) > most) {
    const longest = block.indexOf(Math.max(...block));
    if (block[longest] === 1) break;
    block[longest] = Math.ceil((block[longest] as number) / 2);
  }
  return block;
}
