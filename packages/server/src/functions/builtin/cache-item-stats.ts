import { asyncBufferFromFile } from "hyparquet";
import type { CachedItems, FunctionArguments } from "../cached-items.ts";
import { csvStatistics } from "./csv-statistics.ts";
import type { ItemStatistics } from "./item-statistics.ts";
import { jsonLinesStatistics, jsonStatistics } from "./json-statistics.ts";
import { parquetStatistics } from "./parquet-statistics.ts";
import { isZarr, zarrStatistics } from "./zarr-statistics.ts";

/**
 * `cache_item_stats`: what a cached item is. `key` is its path, or that of a Zarr array or group. JSON, NDJSON, CSV and
 * Parquet are told by the end of the name, else by how they begin; of anything else the first bytes are shown.
 */
export default async function cacheItemStats(
  cache: CachedItems,
  { key }: FunctionArguments,
): Promise<ItemStatistics & { readonly key: string }> {
  if (typeof key !== "string" || key === "") throw refusal(400, 'give the path of an item as "key"');
  const path = key.replace(/^\//, "");
  if (await isZarr(cache, path)) return { key: path, ...(await zarrStatistics(cache, path)) };
  const file = await cache.file(path);
  if (file === undefined) throw refusal(404, `"${path}" is not cached; create it first`);
  return { key: path, ...(await statisticsOf(cache, path, file)) };
}

async function statisticsOf(cache: CachedItems, path: string, file: string): Promise<ItemStatistics> {
  const bytes = async () => (await cache.get(path)) ?? new Uint8Array();
  const size = (await cache.info(path))?.bytes ?? 0;
  const head = (await cache.getRange(path, { offset: 0, length: 64 })) ?? new Uint8Array();
  switch (formatOf(path, head)) {
    case "parquet":
      return parquetStatistics(await asyncBufferFromFile(file));
    case "json":
      return jsonStatistics(await bytes());
    case "ndjson":
      return jsonLinesStatistics(await bytes());
    case "csv":
      return csvStatistics(file, size);
    case "bytes":
      return { format: "bytes", bytes: size, memory: size, preview: Buffer.from(head).toString("hex") };
  }
}

type Format = "parquet" | "json" | "ndjson" | "csv" | "bytes";

const ENDINGS: Readonly<Record<string, Format>> = {
  parquet: "parquet",
  json: "json",
  geojson: "json",
  ndjson: "ndjson",
  jsonl: "ndjson",
  csv: "csv",
  tsv: "csv",
};

function formatOf(path: string, head: Uint8Array): Format {
  const [, ending = ""] = /\.([^./]+)$/.exec(path) ?? [];
  const named = new Map(Object.entries(ENDINGS)).get(ending.toLowerCase());
  if (named !== undefined) return named;
  const text = Buffer.from(head).toString("latin1");
  if (text.startsWith("PAR1")) return "parquet";
  return /^\s*[[{]/.test(text) ? "json" : "bytes";
}

function refusal(status: number, message: string): Error {
  return Object.assign(new Error(message), { status });
}
