import { CoordinateError, type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { type Picks, pickAt, picksOf, picksSize, sizeOf, stridesOf } from "@zarr-cache/arrays/parts";
import { AttributeError } from "../errors.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";

/** Attributes of {@link Convolution}. */
export interface ConvolutionAttributes {
  readonly source: Node;
  /** The weights, nested by dimension; an odd number in each. */
  readonly kernel: readonly unknown[];
  readonly dims: readonly string[];
}

/**
 * A source weighted with a kernel, on its native labels. What is beside a request is evaluated too, so that its edges are right;
 * beyond the ends of the source there is nothing, and values that would need it are NaN, as are those that need a NaN.
 */
export class Convolution extends Node<ConvolutionAttributes> {
  static override readonly kind: "node" | "source" | "algorithm" | "compositor" = "algorithm";
  static override readonly type: string = "Convolution";
  static override readonly attributes: AttributeDeclarations = {
    source: { type: "node", help: "What is weighted; it has native labels" },
    kernel: { type: "json", help: "The weights, as a list for each dimension within the other" },
    dims: { type: "strings", help: "The dimensions of the kernel" },
  };

  declare readonly source: Node;
  declare readonly kernel: readonly unknown[];
  declare readonly dims: readonly string[];

  override init(): void {
    const { shape } = weightsOf(this.kernel);
    if (shape.length !== this.dims.length || shape.some((length) => length % 2 === 0))
      throw new AttributeError(
        this.type,
        "kernel",
        `has the shape ${shape.join(" × ")}; it needs an odd number of weights for each of ${this.dims.join(", ")}`,
      );
  }

  override get nativeCoordinates(): Coordinates {
    const native = this.source.nativeCoordinates;
    if (!native) throw new CoordinateError(`Convolution: ${this.source.type} has no native labels`);
    const unknown = this.dims.find((dim) => !native.dims.includes(dim));
    if (unknown !== undefined)
      throw new CoordinateError(
        `Convolution: dimension ${JSON.stringify(unknown)} is not there; there are ${native.dims.join(", ")}`,
      );
    return native;
  }

  override get bands(): readonly string[] | undefined {
    return this.source.bands;
  }

  override get outputUnits(): UnitsDataArray["units"] {
    return this.units ?? this.source.outputUnits;
  }

  override async compute(
    coordinates: Coordinates,
    { positions, evaluate }: EvalContext,
  ): Promise<UnitsDataArray> {
    const native = this.nativeCoordinates;
    const { shape, values } = weightsOf(this.kernel);
    const wider = this.dims.map((dim, at) =>
      widened(positions[dim] as Picks, shape[at] as number, sizeIn(native, dim)),
    );
    const picks = Object.fromEntries(this.dims.map((dim, at) => [dim, picksOf(wider[at] as number[])]));
    const around = await evaluate(this.source, native.take({ ...positions, ...picks }));
    const others = coordinates.dims.filter((dim) => !this.dims.includes(dim));
    const order = [...others, ...this.dims];
    const source = around.transpose(...(around.bands ? ["band"] : []), ...order);
    const target = coordinates.transpose(...order);
    const inner = this.dims.map((dim) => sizeIn(coordinates, dim));
    const outer = wider.map(({ length }) => length);
    const blocks = sizeOf(source.shape) / Math.max(1, sizeOf(outer));
    const data = new Float64Array(blocks * sizeOf(inner));
    const places = this.dims.map((dim, at) =>
      neighbours(positions[dim] as Picks, shape[at] as number, wider[at] as number[]),
    );
    convolve(source.toTypedArray(), data, blocks, inner, outer, shape, values, places);
    const { bands, units } = around;
    return new UnitsDataArray(data, target, { bands, units, dims: [...(bands ? ["band"] : []), ...order] });
  }
}

interface Weighting {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

function weightsOf(kernel: readonly unknown[]): Weighting {
  const shape: number[] = [];
  for (let level: unknown = kernel; Array.isArray(level); level = level[0]) shape.push(level.length);
  const values = kernel.flat(Number.POSITIVE_INFINITY) as unknown[];
  if (values.length !== sizeOf(shape) || !values.every((value) => typeof value === "number"))
    throw new AttributeError(
      "Convolution",
      "kernel",
      "must be nested lists of numbers, all of a level equally long",
    );
  return { shape, values: values as number[] };
}

function sizeIn(coordinates: Coordinates, dim: string): number {
  return coordinates.shape[coordinates.dims.indexOf(dim)] as number;
}

/** Positions and those up to half a kernel beside them, ascending. */
function widened(picks: Picks, length: number, size: number): number[] {
  const half = (length - 1) / 2;
  const wanted = new Set<number>();
  for (let at = 0; at < picksSize(picks); at++)
    for (let away = -half; away <= half; away++) {
      const position = pickAt(picks, at) + away;
      if (position >= 0 && position < size) wanted.add(position);
    }
  return [...wanted].sort((a, b) => a - b);
}

/** For each position and each weight, where its value lies among the widened ones; -1 beyond the ends. */
function neighbours(picks: Picks, length: number, wider: readonly number[]): Int32Array[] {
  const places = new Map(wider.map((position, at) => [position, at]));
  const half = (length - 1) / 2;
  return Array.from({ length: picksSize(picks) }, (_, at) =>
    Int32Array.from({ length }, (_, weight) => places.get(pickAt(picks, at) + weight - half) ?? -1),
  );
}

function convolve(
  source: ArrayLike<number>,
  data: Float64Array,
  blocks: number,
  inner: readonly number[],
  outer: readonly number[],
  shape: readonly number[],
  weights: readonly number[],
  places: readonly (readonly Int32Array[])[],
): void {
  const [area, width] = [sizeOf(inner), sizeOf(outer)];
  const [innerStride, kernelStride, outerStride] = [stridesOf(inner), stridesOf(shape), stridesOf(outer)];
  for (let point = 0; point < area; point++) {
    const near = inner.map(
      (length, dim) => places[dim]?.[Math.floor(point / (innerStride[dim] as number)) % length] as Int32Array,
    );
    const offsets = weights.map((_, weight) => {
      let offset = 0;
      for (const [dim, length] of shape.entries()) {
        const at = near[dim]?.[Math.floor(weight / (kernelStride[dim] as number)) % length] as number;
        offset = at < 0 || offset < 0 ? -1 : offset + at * (outerStride[dim] as number);
      }
      return offset;
    });
    for (let block = 0; block < blocks; block++) {
      let total = 0;
      for (const [weight, offset] of offsets.entries())
        if (weights[weight] !== 0)
          total +=
            offset < 0
              ? Number.NaN
              : (source[block * width + offset] as number) * (weights[weight] as number);
      data[block * area + point] = total;
    }
  }
}
