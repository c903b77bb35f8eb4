import { mixedLabels } from "../errors.ts";
import { type Axis, axisBounds, isComparable } from "./axis.ts";
import type { Label } from "./axis-input.ts";
import { type Part, takePart } from "./part.ts";
import { selectParts } from "./select.ts";

/** Selects by the bounds of other parts, of the same CRS, in the dimensions that both have; those without labels select none. */
export function intersectParts(
  parts: readonly Part[],
  others: readonly Part[],
  options: { readonly outer?: boolean },
): Part[] {
  const mine = axesOf(parts);
  const bounds: Record<string, [Label, Label]> = {};
  const empty = new Set<string>();
  for (const [name, theirs] of axesOf(others)) {
    const axis = mine.get(name);
    if (!axis) continue;
    if (theirs.size === 0) empty.add(name);
    const [least, greatest] = axisBounds(theirs);
    if (Number.isNaN(least)) continue;
    if (!isComparable(axis, theirs)) throw mixedLabels(name);
    bounds[name] = axis.kind === "time" ? [new Date(least), new Date(greatest)] : [least, greatest];
  }
  return selectParts(parts, bounds, options.outer ?? false).map((part) =>
    part.names.some((name) => empty.has(name))
      ? takePart(
          part,
          part.shape.map(() => ({ start: 0, step: 1, size: 0 })),
        )
      : part,
  );
}

function axesOf(parts: readonly Part[]): Map<string, Axis> {
  return new Map(
    parts.flatMap(({ names, columns }) => names.map((name, at) => [name, columns[at] as Axis] as const)),
  );
}
