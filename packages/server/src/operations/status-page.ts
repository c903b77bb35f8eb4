import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { StorageUsage } from "zarr-cache";
import { counted } from "../counted.ts";
import { formatBytes } from "./format-bytes.ts";
import type { ProcessStatistics } from "./process-statistics.ts";
import { storeCounts } from "./store-counts.ts";

const STYLE = `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}meter{width:12rem;vertical-align:middle}.sick{color:#c33;font-weight:600}`;

/** Allows the one style sheet within the page, and nothing else. */
export const STATUS_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256")
  .update(STYLE)
  .digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** What the page shows of a store. */
export interface ShownStore {
  readonly id: string;
  readonly source: string | undefined;
  readonly entries: number;
  readonly bytes: number;
}

/** The page for people: stores, how full the cache is, and how much of what was read it answered. */
export function statusPage(
  version: string,
  stores: readonly ShownStore[],
  usage: StorageUsage,
  processes: readonly ProcessStatistics[],
): string {
  return String(html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>zarr-cache</title><meta http-equiv="refresh" content="10"><meta name="viewport" content="width=device-width"><style>${raw(STYLE)}</style></head>
<body>
<h1>zarr-cache ${version}</h1>
<h2>Stores</h2>
<table><tr><th>store<th>copy of<th class="n">entries<th class="n">cached<th class="n">reads<th class="n">hit ratio<th class="n">failed</tr>
${stores.map(({ id, source, entries, bytes }) => {
  const { reads, hitRatio, failures } = storeCounts(processes, id);
  return html`<tr><td><a href="/stores/${encodeURIComponent(id)}/">${id}</a><td>${source ?? ""}<td class="n">${entries}<td class="n">${formatBytes(bytes)}<td class="n">${reads}<td class="n">${percent(hitRatio)}<td class="n">${failures}</tr>
`;
})}</table>
<h2>Tiers</h2>
<table><tr><th>tier<th class="n">entries<th>of the budget<th class="n">evicted</tr>
${usage.tiers.map(
  ({ tier, entries, bytes, maxBytes, evictions, sick }) =>
    html`<tr><td>${tier}${sick ? html` <span class="sick">skipped for a while</span>` : ""}<td class="n">${entries}<td><meter max="1" value="${maxBytes > 0 ? (bytes / maxBytes).toFixed(3) : "0"}"></meter> ${formatBytes(bytes)} of ${formatBytes(maxBytes)}<td class="n">${evictions}</tr>
`,
)}</table>
<p>${counted(processes.length, "process", "processes")} · <a href="/openapi.json">API</a> · <a href="/metrics">metrics</a></p>
</body></html>
`);
}

function percent(share: number | undefined): string {
  return share === undefined ? "–" : `${(100 * share).toFixed(1)} %`;
}
