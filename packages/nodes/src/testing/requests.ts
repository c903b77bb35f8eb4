import { Coordinates, type Label, WGS84_WITH_HEIGHT } from "@zarr-cache/arrays";
import type { Node } from "../node/node.ts";

/** The dimensions that requests are made of. */
export const DIMS = ["lat", "lon", "time", "alt"] as const;

/** How four dimensions may be stacked, in lengths of stacks; all four as one leave nothing to combine with. */
const STACKINGS: readonly (readonly number[])[] = [
  [1, 1, 1, 1],
  [2, 1, 1],
  [1, 2, 1],
  [1, 1, 2],
  [2, 2],
  [3, 1],
  [1, 3],
];

/** Two labels for each dimension. */
export type Labels = Readonly<Record<string, readonly [Label, Label]>>;

const ANY: Labels = {
  lat: [10.5, 12],
  lon: [20, 21.5],
  time: ["2018-01-01", "2018-01-03"],
  alt: [0, 100],
};

/** Two labels of each dimension that a node or one below it has by itself, else any two. */
export function labelsFor(node: Node): Labels {
  const own = [...node.pipeline.values()].reverse().flatMap((each) => ownLabels(each));
  return { ...ANY, ...Object.fromEntries(own.reverse()) };
}

function ownLabels(node: Node): [string, [Label, Label]][] {
  const { nativeCoordinates } = node;
  if (!nativeCoordinates) return [];
  const native = nativeCoordinates.has("alt")
    ? nativeCoordinates
    : nativeCoordinates.transform(WGS84_WITH_HEIGHT);
  return native.udims.flatMap((name): [string, [Label, Label]][] => {
    const axis = native.axis(name);
    const second = axis.values.find((value) => value !== axis.values[0]);
    if (second === undefined) return [];
    const labels: [number, number] = [axis.values[0] as number, second];
    return [[name, axis.kind === "time" ? [new Date(labels[0]), new Date(labels[1])] : labels]];
  });
}

/** Every combination of stacked and unstacked dimensions, in every order: 7 × 24 requests of two labels a dimension. */
export function* combinations(labels: Labels): Generator<Coordinates> {
  for (const order of permutations(DIMS))
    for (const stacking of STACKINGS) {
      let first = 0;
      const parts = stacking.map((length) => {
        first += length;
        return requestOf(order.slice(first - length, first), labels);
      });
      yield Coordinates.merge(parts);
    }
}

/** Coordinates of some dimensions, stacked where there are several. */
export function requestOf(names: readonly string[], labels: Labels): Coordinates {
  const columns = Object.fromEntries(names.map((name) => [name, labels[name] as readonly Label[]]));
  const options = { crs: WGS84_WITH_HEIGHT };
  return names.length === 1 ? Coordinates.grid(columns, options) : Coordinates.points(columns, options);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}
