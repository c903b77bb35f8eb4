import type { Coordinates } from "@zarr-cache/arrays";
import { cachedShare } from "../cache/cached-values.ts";
import { planOf } from "../node/evaluate.ts";
import type { Node } from "../node/node.ts";
import { checkedParams, type Session } from "../node/session.ts";
import { measured } from "./measured-times.ts";
import type { Prices } from "./prices.ts";

/** What an evaluation would take. */
export interface Estimate {
  readonly points: number;
  /** Chunks of at most 2¹⁸ points. */
  readonly chunks: number;
  /** How much of it is cached already, from 0 to 1. */
  readonly cached: number;
  /** Seconds of one processor, of what is not cached. */
  readonly seconds: number;
  /** What it would cost, item by item and in all; where prices were given. */
  readonly cost?: EstimatedCost;
}

/** A cost, itemised. */
export interface EstimatedCost {
  readonly currency: string;
  readonly compute: CostItem;
  readonly requests: CostItem;
  readonly objectGets: CostItem;
  readonly objectPuts: CostItem;
  readonly egress: CostItem;
  readonly total: number;
}

/** So much of something, and what that costs. */
export interface CostItem {
  readonly amount: number;
  readonly unit: string;
  readonly cost: number;
}

const CHUNK_POINTS = 2 ** 18;
/** Gigabytes of memory that a process is taken to have. */
const MEMORY_GB = 2;

/**
 * Estimates what an evaluation would take: chunks times the time that evaluations took in this process. Where none was
 * measured, a corner of the request is evaluated, past the cache. A missing chunk is one request and is written once; a
 * cached one is read once; all of the answer goes out.
 */
export async function estimate(node: Node, coordinates: Coordinates, prices?: Prices): Promise<Estimate> {
  await node.ready();
  const { target } = planOf(node, coordinates);
  const session: Session = {
    environment: node.environment,
    signal: undefined,
    cache: "use",
    params: checkedParams(node),
    versions: new Map(),
  };
  const points = target.size;
  const chunks = Math.ceil(points / CHUNK_POINTS);
  const cached = points === 0 ? 1 : await cachedShare(node, target, session);
  const missing = Math.ceil(chunks * (1 - cached));
  const seconds = points === 0 ? 0 : (points * (1 - cached) * (await perPoint(node, target))) / 1000;
  const facts = { points, chunks, cached, seconds };
  if (!prices) return facts;
  const item = (amount: number, unit: string, price: number): CostItem => ({
    amount,
    unit,
    cost: amount * price,
  });
  const items = {
    compute: item(seconds * MEMORY_GB, "GB s", prices.computeGbSecond),
    requests: item(missing, "requests", prices.request),
    objectGets: item(chunks - missing, "GET", prices.objectGet),
    objectPuts: item(missing, "PUT", prices.objectPut),
    egress: item((points * 8) / 1e9, "GB", prices.egressGb),
  };
  const total = Object.values(items).reduce((sum, { cost }) => sum + cost, 0);
  return { ...facts, cost: { currency: prices.currency, ...items, total } };
}

/** Milliseconds a point, measured before or now. */
async function perPoint(node: Node, target: Coordinates): Promise<number> {
  const known = measured(node.identity);
  if (known !== undefined) return known;
  const corner = target.dims.map((dim, at) => {
    return [dim, { start: 0, step: 1, size: Math.min(16, target.shape[at] as number) }];
  });
  await node.eval(target.take(Object.fromEntries(corner)), { cache: "bypass" });
  return measured(node.identity) ?? 0;
}
