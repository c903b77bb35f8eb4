import type { Coordinates } from "@zarr-cache/arrays";
import { type Axis, type Part, sizeOf } from "@zarr-cache/arrays/parts";

/** The labels that are asked of one dimension, and the parts of the request along which they vary, in C order. */
export interface QueryColumn {
  readonly axis: Axis;
  readonly along: readonly number[];
}

/** What is asked of each unstacked dimension of a source, in its CRS. */
export function queryOf(target: Coordinates, native: Coordinates): Map<string, QueryColumn> {
  const { crs, udims } = native;
  const moved = target.udrop(...target.udims.filter((name) => !udims.includes(name))).transform(crs);
  const columns = new Map<string, QueryColumn>();
  for (const part of moved.parts) {
    const along = alongOf(part, target);
    for (const [at, name] of part.names.entries())
      columns.set(name, { axis: part.columns[at] as Axis, along });
  }
  return columns;
}

/** The parts of the request that a part of the transformed one stands for: two where the projection bent a grid. */
function alongOf(part: Part, target: Coordinates): number[] {
  return target.parts.flatMap((each, at) =>
    each.names.some((name) => part.names.includes(name)) ? [at] : [],
  );
}

/** The labels of a column spread over more parts of the request. */
export function spreadOver(
  column: QueryColumn,
  along: readonly number[],
  sizes: readonly number[],
): Float64Array {
  const { values } = column.axis;
  if (column.along.join() === along.join()) return values;
  const shape = along.map((part) => sizes[part] as number);
  const steps = along.map((part) => {
    const own = column.along.indexOf(part);
    return own < 0 ? 0 : sizeOf(column.along.slice(own + 1).map((each) => sizes[each] as number));
  });
  const result = new Float64Array(sizeOf(shape));
  for (let index = 0; index < result.length; index++) {
    let [rest, from] = [index, 0];
    for (let at = shape.length - 1; at >= 0; at--) {
      const length = shape[at] as number;
      from += (rest % length) * (steps[at] as number);
      rest = Math.floor(rest / length);
    }
    result[index] = values[from] as number;
  }
  return result;
}
