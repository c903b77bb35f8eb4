import type { ProcessStatistics } from "../operations/process-statistics.ts";
import type { Metric, Sample } from "../operations/prometheus.ts";
import type { RegionCounts, RegionReport } from "./served-region.ts";

const COUNTED = [
  ["zarr_cache_region_superseded_total", "superseded", "Writes of documents that were superseded."],
  ["zarr_cache_region_reads_total", "reads", "Reads that another region answered."],
  ["zarr_cache_region_bucket_reads_total", "fromBuckets", "Of these, reads that a bucket answered."],
  ["zarr_cache_region_bytes_total", "bytes", "Bytes that came from other regions."],
  ["zarr_cache_region_dearer_total", "dearer", "Reads that went to the source since it was cheaper."],
  ["zarr_cache_region_failures_total", "failures", "Transfers that failed, or were not what was announced."],
  ["zarr_cache_region_gone_total", "gone", "Parts that a region had announced and had no longer."],
] as const satisfies (readonly [string, keyof RegionCounts, string])[];

/** Who is there, who is how far behind, and what came from where; nothing where no region is configured. */
export function regionMetrics(
  processes: readonly Pick<ProcessStatistics, "process" | "region">[],
  report: RegionReport | undefined,
): Metric[] {
  if (report === undefined) return [];
  const counted = processes.flatMap(({ process, region }) => (region ? [{ process, region }] : []));
  const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
    name,
    type: "gauge",
    help,
    samples,
  });
  return [
    gauge("zarr_cache_region_joined", "Whether the region's NATS server answers.", [
      { labels: { region: report.region }, value: report.joined ? 1 : 0 },
    ]),
    gauge(
      "zarr_cache_region_members",
      "Members that are heard, this process not included.",
      membersOf(report),
    ),
    gauge(
      "zarr_cache_region_lag_operations",
      "Operations of a region that others tell of and that are not here yet.",
      summed(report.logs),
    ),
    gauge(
      "zarr_cache_region_stopped_seconds",
      "How long operations of a region have been behind here without coming on, at most.",
      stoppedOf(report),
    ),
    gauge(
      "zarr_cache_region_backlog_operations",
      "Operations of this region that another one does not have yet.",
      summed(report.backlog),
    ),
    gauge(
      "zarr_cache_region_round_trip_seconds",
      "Time to a region and back.",
      counted.flatMap(({ process, region: { roundTrips } }) =>
        Object.entries(roundTrips).map(([region, value]) => ({
          labels: { region, process },
          value: value / 1000,
        })),
      ),
    ),
    ...COUNTED.map(
      ([name, field, help]): Metric => ({
        name,
        type: "counter",
        help,
        samples: counted.map(({ process, region }) => ({ labels: { process }, value: region[field] })),
      }),
    ),
  ];
}

function membersOf({ members }: RegionReport): Sample[] {
  const sums = new Map<string, number>();
  for (const { region } of members) sums.set(region, (sums.get(region) ?? 0) + 1);
  return [...sums].map(([region, value]) => ({ labels: { region }, value }));
}

/** By region and kind, the longest of all lives of a log. */
function stoppedOf({ logs }: RegionReport): Sample[] {
  const longest = new Map<string, Sample>();
  for (const { region, kind, stoppedFor } of logs) {
    const name = `${region} ${kind}`;
    const value = Math.max(longest.get(name)?.value ?? 0, stoppedFor / 1000);
    longest.set(name, { labels: { region, kind }, value });
  }
  return [...longest.values()];
}

/** By region and kind, over all lives of a log; what is not known is left out. */
function summed(rows: readonly { region: string; kind: string; behind: number | null }[]): Sample[] {
  const sums = new Map<string, Sample>();
  for (const { region, kind, behind } of rows) {
    if (behind === null) continue;
    const name = `${region} ${kind}`;
    const value = (sums.get(name)?.value ?? 0) + behind;
    sums.set(name, { labels: { region, kind }, value });
  }
  return [...sums.values()];
}
