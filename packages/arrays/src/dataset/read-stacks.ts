import { partDims, type StackPart, stackPart } from "../coordinates/part.ts";
import { isNumeric } from "./cf-decoding.ts";
import { mapBounded } from "./concurrency.ts";
import { coordinateNames, type Opened } from "./open-array.ts";
import { type LabelReading, readAxis } from "./read-labels.ts";

/**
 * Reads the stacked labels: auxiliary coordinates that an array lists, over dimensions that are named after them, as
 * `writeZarr` writes a stack (`lat` and `lon` over `lat_lon`, or over `lat_lon-1` and `lat_lon-2`). By {@link stackKey}.
 */
export async function readStacks(
  arrays: readonly Opened[],
  how: LabelReading,
): Promise<Map<string, StackPart>> {
  const byName = new Map(arrays.map((array) => [array.name, array]));
  const found = new Map<string, readonly Opened[]>();
  for (const { attrs } of arrays) {
    const groups = new Map<string, Opened[]>();
    for (const name of coordinateNames(attrs)) {
      const column = byName.get(name);
      if (column && isNumeric(column.array.dtype))
        groups.set(stackKey(column.dims), [...(groups.get(stackKey(column.dims)) ?? []), column]);
    }
    for (const [key, columns] of groups) if (isStack(columns)) found.set(key, columns);
  }
  const read = await mapBounded([...found], how.signal, async ([key, columns], signal) => {
    const axes = await Promise.all(columns.map((column) => readAxis(column, { ...how, signal })));
    const names = columns.map(({ name }) => name);
    return [key, stackPart(names, axes, (columns[0] as Opened).array.shape)] as const;
  });
  return new Map(read);
}

/** What a stack is found by: the names of its dimensions. */
export function stackKey(dims: readonly string[]): string {
  return dims.join(" ");
}

function isStack(columns: readonly Opened[]): boolean {
  const [first] = columns;
  if (!first || columns.length < 2) return false;
  const { shape } = first.array;
  if (columns.some(({ array }) => array.shape.join() !== shape.join())) return false;
  const names = columns.map(({ name }) => name);
  return (
    new Set(names).size === names.length && stackKey(partDims({ names, shape })) === stackKey(first.dims)
  );
}
