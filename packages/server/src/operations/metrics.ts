import type { StorageUsage, StoreStatistics, TierStatistics } from "zarr-cache";
import type { ProcessStatistics } from "./process-statistics.ts";
import type { Metric, Sample } from "./prometheus.ts";
import { BUCKETS } from "./request-counts.ts";

const ANSWERS = [
  ["hit", "hits"],
  ["negative_hit", "negativeHits"],
  ["stale", "stale"],
  ["coalesced", "coalesced"],
  ["miss", "misses"],
  ["failure", "failures"],
] as const satisfies (readonly [string, keyof StoreStatistics])[];

/** What is counted and kept, as metrics. Labels are stores, tiers and processes, never keys. */
export function serverMetrics(processes: readonly ProcessStatistics[], usage: StorageUsage): Metric[] {
  return [
    ...storeMetrics(processes),
    ...tierMetrics(processes),
    ...requestMetrics(processes),
    ...usageMetrics(usage),
    gauge(
      "process_resident_memory_bytes",
      "Memory of each process.",
      processes.map(({ process, residentBytes }) => ({ labels: { process }, value: residentBytes })),
    ),
    gauge(
      "process_start_time_seconds",
      "When each process began, in seconds since 1970.",
      processes.map(({ process, startedAt }) => ({ labels: { process }, value: startedAt / 1000 })),
    ),
  ];
}

function storeMetrics(processes: readonly ProcessStatistics[]): Metric[] {
  const each = (samples: (store: StoreStatistics, labels: { store: string; process: number }) => Sample[]) =>
    processes.flatMap(({ process, stores }) =>
      Object.entries(stores).flatMap(([store, statistics]) => samples(statistics, { store, process })),
    );
  const source = (name: keyof StoreStatistics["source"]) =>
    each(({ source: { [name]: value } }, labels) => [{ labels, value }]);
  return [
    counter(
      "zarr_cache_reads_total",
      "Reads of stores, by how they were answered.",
      each((store, labels) =>
        ANSWERS.map(([answer, name]) => ({ labels: { ...labels, answer }, value: store[name] })),
      ),
    ),
    counter("zarr_cache_source_reads_total", "Reads of sources.", source("reads")),
    counter("zarr_cache_source_bytes_total", "Bytes that sources answered.", source("bytes")),
    counter("zarr_cache_source_failures_total", "Reads of sources that failed.", source("failures")),
    counter(
      "zarr_cache_source_unchanged_total",
      "Reads of sources that found a copy to hold.",
      source("unchanged"),
    ),
    counter("zarr_cache_source_writes_total", "Writes to sources.", source("writes")),
  ];
}

function tierMetrics(processes: readonly ProcessStatistics[]): Metric[] {
  const each = (name: "hits" | "misses" | "bytes" | "fills" | "evictions" | "faults" | "corrupt") =>
    processes.flatMap(({ process, stores }) => {
      const sums = new Map<string, number>();
      for (const { tiers } of Object.values(stores))
        for (const tier of tiers as readonly TierStatistics[])
          sums.set(tier.tier, (sums.get(tier.tier) ?? 0) + tier[name]);
      return [...sums].map(([tier, value]) => ({ labels: { tier, process }, value }));
    });
  return [
    counter("zarr_cache_tier_hits_total", "Look-ups that a tier answered.", each("hits")),
    counter("zarr_cache_tier_misses_total", "Look-ups that a tier could not answer.", each("misses")),
    counter("zarr_cache_tier_bytes_total", "Bytes that a tier handed out.", each("bytes")),
    counter("zarr_cache_tier_fills_total", "Parts that a tier has taken.", each("fills")),
    counter("zarr_cache_tier_evictions_total", "Entries that made room for others.", each("evictions")),
    counter("zarr_cache_tier_faults_total", "Times that a tier failed or was late.", each("faults")),
    counter(
      "zarr_cache_tier_corrupt_total",
      "Entries whose bytes were not what was written.",
      each("corrupt"),
    ),
  ];
}

function requestMetrics(processes: readonly ProcessStatistics[]): Metric[] {
  const kinds = processes.flatMap(({ process, requests }) =>
    Object.values(requests).map(({ route, method, status, ...counts }) => ({
      labels: { route, method, status, process },
      ...counts,
    })),
  );
  const name = "zarr_cache_http_request_duration_seconds";
  const samples = kinds.flatMap(({ labels, count, seconds, buckets }) => [
    ...buckets.map((value, place) => ({
      labels: { ...labels, le: String(BUCKETS[place]) },
      value,
      suffix: "_bucket",
    })),
    { labels: { ...labels, le: "+Inf" }, value: count, suffix: "_bucket" },
    { labels, value: seconds, suffix: "_sum" },
    { labels, value: count, suffix: "_count" },
  ]);
  return [{ name, type: "histogram", help: "Time until an answer was made, by kind of path.", samples }];
}

function usageMetrics({ tiers }: StorageUsage): Metric[] {
  const each = (name: "entries" | "bytes" | "maxBytes" | "condemnedBytes" | "claims") =>
    tiers.map(({ tier, [name]: value }) => ({ labels: { tier }, value }));
  return [
    gauge("zarr_cache_entries", "Entries of a tier.", each("entries")),
    gauge("zarr_cache_bytes", "Bytes charged to the budget of a tier.", each("bytes")),
    gauge("zarr_cache_max_bytes", "Budget of a tier.", each("maxBytes")),
    gauge("zarr_cache_condemned_bytes", "Bytes of a tier that are to be deleted.", each("condemnedBytes")),
    gauge("zarr_cache_claims", "Reads of sources that are under way to fill a tier.", each("claims")),
    gauge(
      "zarr_cache_tier_sick",
      "Whether a tier is skipped for a while.",
      tiers.map(({ tier, sick }) => ({ labels: { tier }, value: sick ? 1 : 0 })),
    ),
  ];
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "counter", help, samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "gauge", help, samples };
}
