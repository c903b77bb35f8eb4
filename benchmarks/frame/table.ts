import type { Finding, Measured } from "./benchmark.ts";
import { showSpread } from "./spread.ts";
import { showTarget, verdict } from "./verdict.ts";

/** Lays findings out as a Markdown table whose columns line up in plain text too. */
export function findingsTable(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => [
    finding.what,
    show(finding.ours),
    finding.beside === undefined ? "" : `${finding.beside.who}: ${show(finding.beside)}`,
    show(finding.figure),
    showTarget(finding),
    verdict(finding),
  ]);
  return table(["what", "ours", "beside", "figure", "target", "verdict"], rows);
}

/** Lays rows of text out as a Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join(
    "\n",
  );
}

function show(measured: Measured | undefined): string {
  return measured === undefined ? "" : showSpread(measured.spread, measured.unit);
}
