import { Occupancy } from "./occupancy.ts";
import type { Trace } from "./trace.ts";

/**
 * What a cache that knows the future would pay for its misses, beside what no cache could do better than.
 *
 * With sizes and costs that differ the true optimum is NP-hard. Between two requests for the same object a cache either
 * holds it, which takes its charge at every step between and saves its cost, or it does not; so a schedule is a choice of
 * such intervals that at no step hold more than the budget. Following Berger, Beckmann and Harchol-Balter, "Practical
 * Bounds on Optimal Caching with Variable Object Sizes" (POMACS 2018), with costs in place of hits:
 *
 * - `reference` packs whole intervals greedily, the most cost saved per byte and step first. It is a schedule that a
 *   cache could follow, so it is a miss cost that can be reached.
 * - `bound` lets intervals share the budget over the whole trace at once and splits the last: no schedule is cheaper.
 *
 * The optimum lies between them.
 */
export interface OfflineCosts {
  readonly reference: number;
  readonly bound: number;
}

/** Total miss cost of the offline schedules, for a budget in bytes and the bytes charged for each object. */
export function offlineCosts(
  trace: Trace,
  costs: Float64Array,
  charges: Float64Array,
  budget: number,
): OfflineCosts {
  const everything = totalCost(trace, costs);
  const intervals = reuseIntervals(trace);
  const density = (at: number): number => {
    const { object, from, until } = intervals[at] as Interval;
    return (costs[object] ?? 0) / ((charges[object] ?? 1) * (until - from));
  };
  const densities = Float64Array.from(intervals, (_, at) => density(at));
  const order = Uint32Array.from(intervals.keys()).sort((a, b) => (densities[b] ?? 0) - (densities[a] ?? 0));

  const held = new Occupancy(trace.requests.length);
  let room = budget * trace.requests.length;
  let saved = 0;
  let savedAtMost = 0;
  for (const at of order) {
    const { object, from, until } = intervals[at] as Interval;
    const charge = charges[object] ?? 1;
    const cost = costs[object] ?? 0;
    if (charge > budget) continue;
    if (held.most(from, until) + charge <= budget) {
      held.add(from, until, charge);
      saved += cost;
    }
    const area = charge * (until - from);
    savedAtMost += cost * Math.min(1, room / area);
    room = Math.max(0, room - area);
  }
  return { reference: everything - saved, bound: everything - savedAtMost };
}

/** What every request would cost without a cache. */
export function totalCost(trace: Trace, costs: Float64Array): number {
  return trace.requests.reduce((sum, object) => sum + (costs[object] ?? 0), 0);
}

interface Interval {
  readonly object: number;
  /** The request that may leave the object in the cache. */
  readonly from: number;
  /** The next request for it. */
  readonly until: number;
}

function reuseIntervals(trace: Trace): readonly Interval[] {
  const last = new Int32Array(trace.sizes.length).fill(-1);
  const intervals: Interval[] = [];
  trace.requests.forEach((object, at) => {
    const from = last[object] ?? -1;
    if (from >= 0) intervals.push({ object, from, until: at });
    last[object] = at;
  });
  return intervals;
}
