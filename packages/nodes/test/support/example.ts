import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { onTestFinished } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { ArraySource, FunctionSource, resource } from "../../src/index.ts";

/** Coordinates of a grid, in the order of the keys. */
export const grid = Coordinates.grid;

/** The numbers of an array in its order, as nested lists. */
export function nested(array: UnitsDataArray): unknown {
  return lists(Array.from(array.toTypedArray()), array.shape);
}

function lists(values: readonly number[], [length, ...rest]: readonly number[]): unknown {
  if (length === undefined) return values[0];
  if (rest.length === 0) return values;
  const each = values.length / length;
  return Array.from({ length }, (_, at) => lists(values.slice(at * each, (at + 1) * each), rest));
}

/** An array source over labels. */
export function source(
  data: readonly number[],
  axes: Parameters<typeof Coordinates.grid>[0] | Coordinates,
  options: ConstructorParameters<typeof UnitsDataArray>[2] & { readonly node?: object } = {},
): ArraySource {
  const { node, ...rest } = options;
  const coordinates = axes instanceof Coordinates ? axes : grid(axes);
  return new ArraySource({ data: new UnitsDataArray(data, coordinates, rest), ...node });
}

/** The source of the cases: 2 × 3 on lat 0, 1 and lon 10, 20, 30. */
export const src = (node: object = {}): ArraySource =>
  source([0, 1, 2, 3, 4, 5], { lat: [0, 1], lon: [10, 20, 30] }, { units: "m", node });

/** A storage in memory that is closed with the test. */
export function memoryStorage(): IndexedCacheStorage {
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "64 MB" }),
    new MemoryStoreOpener(),
  );
  onTestFinished(() => storage.close());
  return storage;
}

/** A source that counts the points that it was asked for: the value of a point is a function of its labels. */
export function counting(name = "counted", value: (labels: readonly number[]) => number = sum) {
  const asked: Coordinates[] = [];
  const fn = resource(name, (coordinates: Coordinates) => {
    asked.push(coordinates);
    return valuesAt(coordinates, value);
  });
  return { asked, fn, points: () => asked.reduce((total, { size }) => total + size, 0) };
}

/** A function source that counts. */
export function countingSource(dims?: readonly string[], name?: string) {
  const counted = counting(name);
  return { ...counted, node: new FunctionSource({ fn: counted.fn, ...(dims && { dims }) }) };
}

function sum(labels: readonly number[]): number {
  return labels.reduce((total, label) => total + label, 0);
}

/** A value for each point, of the labels of its dimensions by name. */
export function valuesAt(coordinates: Coordinates, value: (labels: readonly number[]) => number): number[] {
  const { parts, shape } = coordinates;
  const sizes = parts.map((part) => part.shape.reduce((product, length) => product * length, 1));
  const total = shape.reduce((product, length) => product * length, 1);
  return Array.from({ length: total }, (_, point) => {
    let rest = point;
    const labels: [string, number][] = [];
    for (let at = parts.length - 1; at >= 0; at--) {
      const place = rest % (sizes[at] as number);
      rest = Math.floor(rest / (sizes[at] as number));
      const part = parts[at] as (typeof parts)[number];
      for (const [column, name] of part.names.entries())
        labels.push([name, part.columns[column]?.values[place] as number]);
    }
    labels.sort(([a], [b]) => (a < b ? -1 : 1));
    return value(labels.map(([, label]) => label));
  });
}
