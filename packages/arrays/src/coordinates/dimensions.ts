import { type Axis, axisBounds } from "./axis.ts";
import { type Part, partDims } from "./part.ts";
import { unknownDimension } from "./rearrange.ts";

/** What coordinates tell of their dimensions: names, sizes, labels. */
export abstract class Dimensions {
  /** The independent pieces, in order. */
  readonly parts: readonly Part[];

  protected constructor(parts: readonly Part[]) {
    this.parts = parts;
  }

  /** Names of the dimensions of an array over these coordinates: stacked ones by the name of the stack. */
  get dims(): string[] {
    return this.parts.flatMap(partDims);
  }

  /** Names of the unstacked dimensions. */
  get udims(): string[] {
    return this.parts.flatMap(({ names }) => names);
  }

  /** The length of each of {@link dims}. */
  get shape(): number[] {
    return this.parts.flatMap(({ shape }) => shape);
  }

  /** The number of labels of each of {@link udims}. */
  get ushape(): number[] {
    return this.parts.flatMap(({ columns }) => columns.map(({ size }) => size));
  }

  /** The number of points. */
  get size(): number {
    return this.shape.reduce((product, length) => product * length, 1);
  }

  /** The least and greatest label of each unstacked dimension; instants in milliseconds. */
  get bounds(): Record<string, [number, number]> {
    const all = this.parts.flatMap((part) =>
      part.names.map((name, at) => [name, axisBounds(part.columns[at] as Axis)] as const),
    );
    return Object.fromEntries(all);
  }

  /** The labels of an unstacked dimension; an unknown one is an error that lists those that are there. */
  axis(name: string): Axis {
    for (const part of this.parts) {
      const axis = part.columns[part.names.indexOf(name)];
      if (axis) return axis;
    }
    throw unknownDimension(this.parts, name);
  }

  /** Whether there is such a dimension, stacked or not. */
  has(name: string): boolean {
    return this.udims.includes(name) || this.dims.includes(name);
  }

  /** The labels of a dimension as numbers; instants in milliseconds. */
  get(name: string): Float64Array {
    return this.axis(name).values;
  }
}
