import { seededRandom } from "../frame/seeded-random.ts";
import type { Trace } from "./trace.ts";

/** What fetching each object of a trace costs, in milliseconds, by object number. */
export interface CostModel {
  readonly name: string;
  readonly about: string;
  costs(trace: Trace): Float64Array;
}

const ROUND_TRIP = 50;
const BYTES_PER_MILLISECOND = 10_000;
const MEDIAN = 20;
const SPREAD = 1.5;

/** The three ways of paying for a miss that the laboratory looks at. */
export const costModels: readonly CostModel[] = [
  {
    name: "request",
    about: `every miss costs one round trip of ${ROUND_TRIP} ms, whatever its size`,
    costs: (trace) => trace.sizes.map(() => ROUND_TRIP),
  },
  {
    name: "transfer",
    about: `a round trip of ${ROUND_TRIP} ms, then ${BYTES_PER_MILLISECOND / 1000} MB/s`,
    costs: (trace) => trace.sizes.map((size) => ROUND_TRIP + size / BYTES_PER_MILLISECOND),
  },
  {
    name: "computed",
    about: `a time of its own for each object, independent of its size: log-normal, median ${MEDIAN} ms, σ ${SPREAD}`,
    costs: (trace) => {
      const random = seededRandom(20_260_101);
      return trace.sizes.map(() => MEDIAN * Math.exp(SPREAD * normal(random)));
    },
  },
];

/** One draw of the standard normal distribution (Box and Muller, 1958). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
