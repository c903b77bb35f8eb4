import { type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { copyLabels } from "../cache/copy-labels.ts";
import { interpolateAt } from "./interpolate-at.ts";
import { listed } from "./positions.ts";

/** The values of an array at other labels, also where those are stacked otherwise; NaN where it has none. */
export async function atLabels(values: UnitsDataArray, target: Coordinates): Promise<UnitsDataArray> {
  if (!isStackedAlike(values.coordinates, target))
    return interpolateAt(values.coordinates, target, "none", ({ positions }) =>
      values.isel(listed(positions)),
    );
  const { bands, units, attrs, name } = values;
  const result = UnitsDataArray.create(target, Number.NaN, { bands, units, attrs, name });
  copyLabels(result, values);
  return result;
}

function isStackedAlike(one: Coordinates, other: Coordinates): boolean {
  const stacks = ({ parts }: Coordinates) => parts.map(({ names }) => [...names].sort().join()).sort();
  return stacks(one).join(" ") === stacks(other).join(" ");
}
