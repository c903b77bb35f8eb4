import { CoordinateError, Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { type Axis, axisPart, DAY_MS, dateOf, picksOf } from "@zarr-cache/arrays/parts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Algorithm } from "./algorithm.ts";
import { STATISTICS, type StatisticName, statistic } from "./statistics.ts";

/** Attributes of {@link GroupReduce}. */
export interface GroupReduceAttributes {
  readonly source: Node;
  readonly groupby: "month" | "season" | "dayofyear";
  readonly reduction: StatisticName;
  readonly percent?: number;
}

/**
 * A climatology: at each requested time, what is made of all native times of the same month, season (December to February, and so
 * on) or day of the year. Times are requested as they are; a time whose group has none is NaN.
 */
export class GroupReduce extends Algorithm<GroupReduceAttributes> {
  static override readonly type: string = "GroupReduce";
  static override readonly attributes: AttributeDeclarations = {
    source: { type: "node", help: "What is reduced; it has native times" },
    groupby: { type: "string", choices: ["month", "season", "dayofyear"], help: "What makes a group" },
    reduction: { type: "string", choices: STATISTICS, help: "What is made of the values of a group" },
    percent: { type: "number", default: 50, help: "Of a percentile, which, from 0 to 100" },
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
    const at = target.parts.findIndex(({ names }) => names.includes("time"));
    const part = target.parts[at];
    if (!times) throw new CoordinateError(`GroupReduce: ${this.source.type} has no native times`);
    if (!part || part.names.length > 1)
      throw new CoordinateError('Dimension "time" is needed, not stacked, to group by it');
    const asked = groupsOf(part.columns[0] as Axis, this.groupby);
    const known = groupsOf(times, this.groupby);
    const slices = new Map<number, UnitsDataArray>();
    for (const group of new Set(asked)) {
      const members = picksOf(known.flatMap((each, position) => (each === group ? [position] : [])));
      const whole = target.parts.map((each) =>
        each === part ? axisPart("time", times.take(members)) : each,
      );
      const coordinates = Coordinates.of(whole, { crs: target.crs, dimensions: "any" });
      const values = await context.evaluate(this.source, coordinates);
      slices.set(group, statistic(values, this.reduction, ["time"], this.percent));
    }
    return stackedTimes(target, at, asked, slices);
  }
}

/** Puts the slices of the groups at the times that belong to them. */
function stackedTimes(
  target: Coordinates,
  at: number,
  asked: readonly number[],
  slices: ReadonlyMap<number, UnitsDataArray>,
): UnitsDataArray {
  const [first] = slices.values();
  const time = target.parts[at] as Coordinates["parts"][number];
  const rest = target.parts.filter((_, part) => part !== at);
  const order = Coordinates.of([time, ...rest], { crs: target.crs, dimensions: "any" });
  const dims = order.dims.slice(1);
  const bands = first?.bands;
  const width = (order.size / Math.max(1, asked.length)) * (bands?.length ?? 1);
  const data = new Float64Array(width * asked.length).fill(Number.NaN);
  for (const [place, group] of asked.entries()) {
    const slice = slices.get(group) as UnitsDataArray;
    data.set(slice.transpose(...dims, ...(bands ? ["band"] : [])).toTypedArray(), place * width);
  }
  return new UnitsDataArray(data, order, { bands, units: first?.units });
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
