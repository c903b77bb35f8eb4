import type { Benchmark } from "./frame/benchmark.ts";
import { spreadOf } from "./frame/spread.ts";
import { table } from "./frame/table.ts";
import { costModels } from "./policy/cost-model.ts";
import { budgetShares, type Curve, curveOf, shareClosed } from "./policy/gap-closed.ts";
import { shorten } from "./policy/trace.ts";
import { readTraces } from "./policy/trace-files.ts";

/** How much of what LRU loses against a cache that knows the future the default policy wins back. */
export const policy: Benchmark = {
  name: "policy",
  about: `Recorded requests with their sizes, replayed through the memory index under its two policies and through an
offline schedule that knows the future. What counts is the total cost of all misses. The figure is the share of the gap
between LRU and the offline schedule that GDSF closes, over budgets of ${list(budgetShares.map(percent))} of the bytes of
all objects, for each pair of trace and cost model. ${costModels.map(({ name, about }) => `\`${name}\`: ${about}.`).join(" ")}
The figures are medians of those pairs, with the least and the most of them; they are counts, not times, and every run
gives the same.`,

  async run({ quick, progress }) {
    const traces = readTraces().map((trace) => (quick ? shorten(trace, 5000) : trace));
    if (traces.length === 0)
      throw new Error("No traces: let ZARR_CACHE_DATA name the directory that holds traces/");
    const curves = traces.flatMap((trace) =>
      costModels.map((model) => {
        progress(`${trace.name}, ${model.name}`);
        return curveOf(trace, model);
      }),
    );
    const shares = (some: readonly Curve[]): readonly number[] => some.map(({ share }) => share * 100);
    const row = (what: string, values: readonly number[]) => ({
      what,
      figure: { spread: spreadOf(values), unit: "% of the gap" },
    });
    return {
      findings: [
        { ...row("gdsf, all pairs", shares(curves)), target: { limit: 65, better: "higher" } },
        ...costModels.map(({ name }) =>
          row(`gdsf, cost model ${name}`, shares(curves.filter(({ model }) => model === name))),
        ),
        ...budgetShares.map((budget, at) =>
          row(
            `gdsf, budget of ${percent(budget)}`,
            curves.map(({ points }) => 100 * shareClosed(points.slice(at, at + 1))),
          ),
        ),
      ],
      text: curveTable(curves),
    };
  },
};

/** Miss cost by budget, one line for each pair: LRU › GDSF › offline (bound), in percent of the cost without a cache. */
function curveTable(curves: readonly Curve[]): string {
  const head = [
    "trace",
    "cost",
    ...budgetShares.map((share) => `${percent(share)}: lru gdsf offline (bound)`),
    "closed",
  ];
  const rows = curves.map(({ trace, model, points, share }) => [
    trace,
    model,
    ...points.map(({ lru, gdsf, offline, bound }) => {
      const [a, b, c, d] = [lru, gdsf, offline, bound].map((cost) => (cost * 100).toFixed(1).padStart(5));
      return `${a} ${b} ${c} (${d})`;
    }),
    percent(share),
  ]);
  const mean = curves.reduce((sum, { share }) => sum + share, 0) / curves.length;
  return `Cost of all misses, % of the cost without a cache, by budget\n\n${table(head, rows)}\n\nMean of all pairs: ${percent(mean)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function list(items: readonly string[]): string {
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
