import type { CostModel } from "./cost-model.ts";
import { offlineCosts, totalCost } from "./offline-reference.ts";
import { overheadOfAnEntry, replay } from "./replay.ts";
import type { Trace } from "./trace.ts";

/** Budgets that are replayed, as shares of the bytes of all objects. */
export const budgetShares: readonly number[] = [0.01, 0.03, 0.1, 0.3];

/** Miss costs at one budget, as shares of the cost without a cache. */
export interface CurvePoint {
  readonly budgetShare: number;
  readonly lru: number;
  readonly gdsf: number;
  /** The offline schedule, and the bound that no schedule can go below. */
  readonly offline: number;
  readonly bound: number;
}

/** Miss cost by budget of one trace under one cost model. */
export interface Curve {
  readonly trace: string;
  readonly model: string;
  readonly points: readonly CurvePoint[];
  /** How much of the gap between the curves of LRU and of the offline schedule GDSF closes, over all budgets. */
  readonly share: number;
}

/** Replays a trace at every budget. All three caches are charged the same for an entry, its overhead included. */
export function curveOf(trace: Trace, model: CostModel): Curve {
  const costs = model.costs(trace);
  const overhead = overheadOfAnEntry();
  const charges = trace.sizes.map((size) => size + overhead);
  const everything = totalCost(trace, costs);
  const footprint = charges.reduce((sum, charge) => sum + charge, 0);
  const points = budgetShares.map((budgetShare): CurvePoint => {
    const maxBytes = Math.floor(budgetShare * footprint);
    const { reference, bound } = offlineCosts(trace, costs, charges, maxBytes);
    return {
      budgetShare,
      lru: replay(trace, { policy: "lru", maxBytes, costs }) / everything,
      gdsf: replay(trace, { policy: "gdsf", maxBytes, costs }) / everything,
      offline: reference / everything,
      bound: bound / everything,
    };
  });
  return { trace: trace.name, model: model.name, points, share: shareClosed(points) };
}

/** `(LRU − GDSF) / (LRU − offline)`, summed over budgets; `NaN` where there is no gap to close. */
export function shareClosed(points: readonly CurvePoint[]): number {
  const sum = (of: (point: CurvePoint) => number): number =>
    points.reduce((total, point) => total + of(point), 0);
  return sum(({ lru, gdsf }) => lru - gdsf) / sum(({ lru, offline }) => lru - offline);
}
