import { type Bounds, Coordinates, InvalidArgumentError } from "@zarr-cache/arrays";
import { type Axis, axisBounds, axisPart } from "@zarr-cache/arrays/parts";
import type { Node } from "./node.ts";

/** What is looked for. */
export interface FindOptions {
  /** Dimensions; a stacked name, `lat_lon`, stands for each of its own. */
  readonly dims: readonly string[];
  /** Only labels within, by dimension. */
  readonly bounds?: Bounds;
  /** How many nodes at most for a dimension: the first, or with a negative number the last. */
  readonly number?: number;
  /** What makes one come first: more labels, or a greater extent. `size` unless told. */
  readonly sortby?: "size" | "extents";
  /** Kinds of nodes whose labels count, and below which nothing is looked for. Compositors and sources unless told. */
  readonly stopTypes?: readonly { readonly prototype: Node }[];
}

/** Labels of one dimension by the address of the node, by dimension. */
export type FoundCoordinates = ReadonlyMap<string, ReadonlyMap<string, Coordinates>>;

/** Finds native labels in a pipeline, for each dimension those with most first, ties by the other measure. */
export function findCoordinates(root: Node, options: FindOptions): FoundCoordinates {
  const { dims, bounds, number, sortby = "size", stopTypes } = options;
  if (sortby !== "size" && sortby !== "extents")
    throw new InvalidArgumentError("sortby", sortby, "size, extents");
  if (number !== undefined && !Number.isSafeInteger(number))
    throw new InvalidArgumentError("number", number, "a whole number");
  const addresses = new Map([...root.pipeline].map(([address, node]) => [node.identity, address]));
  const sources = stops(root, stopTypes);
  const names = [...new Set(dims.flatMap((dim) => dim.split("_")))];
  return new Map(
    names.map((name) => {
      const found = sources.flatMap((node): [string, Coordinates][] => {
        const native = node.nativeCoordinates;
        if (!native?.udims.includes(name)) return [];
        const { crs } = native;
        const alone = Coordinates.of([axisPart(name, native.axis(name))], {
          crs,
          dimensions: "any",
        }).unique();
        const inside = bounds?.[name] ? alone.select({ [name]: bounds[name] }) : alone;
        return inside.size > 0 ? [[addresses.get(node.identity) as string, inside]] : [];
      });
      const measures = (coordinates: Coordinates): [number, number] => {
        const size = coordinates.size;
        const extent = extentOf(coordinates.axis(name));
        return sortby === "size" ? [size, extent] : [extent, size];
      };
      found.sort(([, a], [, b]) => {
        const [mine, theirs] = [measures(a), measures(b)];
        return theirs[0] - mine[0] || theirs[1] - mine[1];
      });
      const kept = number === undefined ? found : number < 0 ? found.slice(number) : found.slice(0, number);
      return [name, new Map(kept)];
    }),
  );
}

function extentOf(axis: Axis): number {
  const [least, greatest] = axisBounds(axis);
  return greatest - least;
}

/** The nodes whose labels count, each once, in the order of the pipeline. */
function stops(root: Node, types: FindOptions["stopTypes"]): Node[] {
  const found = new Map<string, Node>();
  const isStop = (node: Node) =>
    types
      ? types.some(({ prototype }) => Object.prototype.isPrototypeOf.call(prototype, node))
      : ["source", "compositor"].includes((node.constructor as typeof Node).kind);
  const visit = (node: Node): void => {
    if (isStop(node)) found.set(node.identity, node);
    else for (const input of Object.values(node.inputs)) visit(input);
  };
  visit(root);
  return [...found.values()];
}
