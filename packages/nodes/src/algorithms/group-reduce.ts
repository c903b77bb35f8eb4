import { CoordinateError, Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import {
  type Axis,
  axisPart,
  DAY_MS,
  dateOf,
  type Part,
  picksOf,
  sizeOf,
  takePart,
} from "@zarr-cache/arrays/parts";
import { atLabels } from "../interpolation/at-labels.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Algorithm } from "./algorithm.ts";
import { PERCENT, STATISTICS, type StatisticName, statistic } from "./statistics.ts";

/** Attributes of {@link GroupReduce}. */
export interface GroupReduceAttributes {
  readonly source: Node;
  readonly groupby: "month" | "season" | "dayofyear";
  readonly reduction: StatisticName;
  readonly percent?: number;
}

/**
 * A climatology: at each requested time, what is made of all native times of the same month, season (December to February, and so
 * on) or day of the year. Times are requested as they are, also in a stack; a time whose group has none is NaN, and so is a
 * place that the source does not have.
 */
export class GroupReduce extends Algorithm<GroupReduceAttributes> {
  static override readonly type: string = "GroupReduce";
  static override readonly attributes: AttributeDeclarations = {
    source: { type: "node", help: "What is reduced; it has native times" },
    groupby: { type: "string", choices: ["month", "season", "dayofyear"], help: "What makes a group" },
    reduction: { type: "string", choices: STATISTICS, help: "What is made of the values of a group" },
    percent: PERCENT,
  };

  declare readonly source: Node;
  declare readonly groupby: "month" | "season" | "dayofyear";
  declare readonly reduction: StatisticName;
  declare readonly percent: number;

  override outputCoordinates(request: Coordinates): Coordinates {
    return request;
  }

  override async produce(target: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    const native = this.source.nativeCoordinates;
    const times = native?.udims.includes("time") ? native.axis("time") : undefined;
    if (!times) throw new CoordinateError(`GroupReduce: ${this.source.type} has no native times`);
    const part = target.parts.find(({ names }) => names.includes("time"));
    if (!part) throw new CoordinateError('Dimension "time" is needed to group by it');
    const known = groupsOf(times, this.groupby);
    const asked = groupsOf(target.axis("time"), this.groupby);
    const rest = target.parts.filter((each) => each !== part);
    const beside = withoutTime(part);
    const options = { crs: target.crs, dimensions: "any" } as const;
    const groups: Group[] = [];
    for (const group of new Set(asked)) {
      const points = placesOf(group, asked);
      const own = beside ? [takePart(beside, [picksOf(points)])] : [];
      const labels = Coordinates.of([...own, ...rest], options);
      const members = placesOf(group, known);
      const at = axisPart("time", times.take(picksOf(members)));
      const values = await context.evaluate(this.source, Coordinates.of([...labels.parts, at], options));
      const made = statistic(values, this.reduction, ["time"], this.percent);
      // Of nothing a sum would be 0.
      const there = members.length > 0 ? made : made.map(() => Number.NaN);
      groups.push({ points, isEach: beside !== undefined, values: await atLabels(there, labels) });
    }
    return spreadOver(Coordinates.of([part, ...rest], options), groups);
  }
}

/** What is made of a group, and the points of the request that belong to it: one value for all, or for each its own. */
interface Group {
  readonly points: readonly number[];
  readonly isEach: boolean;
  readonly values: UnitsDataArray;
}

/** Puts what was made of each group at its points, which come first in the coordinates. */
function spreadOver(coordinates: Coordinates, groups: readonly Group[]): UnitsDataArray {
  const count = groups.reduce((sum, { points }) => sum + points.length, 0);
  const { bands, units } = groups[0]?.values ?? {};
  const width = (coordinates.size / Math.max(1, count)) * (bands?.length ?? 1);
  const data = new Float64Array(width * count).fill(Number.NaN);
  for (const { points, isEach, values } of groups) {
    const rows = values.toTypedArray();
    for (const [row, place] of points.entries()) {
      const from = isEach ? row * width : 0;
      data.set(rows.subarray(from, from + width), place * width);
    }
  }
  return new UnitsDataArray(data, coordinates, { bands, units });
}

/** The other columns of a stack that has times, in one dimension; undefined where the times are by themselves. */
function withoutTime({ names, shape, columns }: Part): Part | undefined {
  const others = names.flatMap((name, at) => (name === "time" ? [] : [at]));
  if (others.length === 0) return undefined;
  const [kept, axes] = [others.map((at) => names[at]), others.map((at) => columns[at])];
  return { names: kept, shape: [sizeOf(shape)], columns: axes } as Part;
}

/** Where a group is in a list of groups. */
function placesOf(group: number, groups: readonly number[]): number[] {
  return groups.flatMap((each, place) => (each === group ? [place] : []));
}

function groupsOf({ values, calendar }: Axis, by: "month" | "season" | "dayofyear"): number[] {
  return Array.from(values, (ms) => {
    const day = Math.floor(ms / DAY_MS);
    const [, month, date] = dateOf(calendar, day);
    if (by === "month") return month;
    // The same date is the same day of every year, so that the 1st of March does not move in leap years.
    return by === "season" ? Math.floor((month % 12) / 3) : month * 32 + date;
  });
}
