import { counted } from "./counted.ts";
import type { Row } from "./tour.ts";

const HEADINGS = ["", "seconds", "source requests", "bytes from the source", "hits", "speed-up"];

/** Writes the rows as a table; the first is what the others are compared with. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map((row) => cellsOf(row, rows[0] ?? row))];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, column))
      .join("   ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "─".repeat(width)).join("───");
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

function cellsOf(row: Row, first: Row): string[] {
  const { name, seconds, requests, bytes, hitRatio } = row;
  return [
    name,
    seconds.toFixed(2),
    requests.toLocaleString("en"),
    `${(bytes / 1e6).toFixed(2)} MB`,
    hitRatio === undefined ? "–" : `${Math.floor(hitRatio * 100)} %`,
    row === first ? "1 ×" : `${(first.seconds / seconds).toFixed(first.seconds / seconds < 10 ? 1 : 0)} ×`,
  ];
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** Says in sentences what the rows mean, or which of them are wrong. */
export function formatConclusion(rows: readonly Row[], readings: number): string {
  const wrong = rows.filter(({ differing }) => differing.length > 0);
  if (wrong.length > 0)
    return [
      "THE VALUES DIFFER from those read directly:",
      ...wrong.map(
        ({ name, differing }) =>
          `  ${name}: ${differing.slice(0, 3).join("; ")}${more(differing.length - 3)}`,
      ),
      "Either the source changed while the demo ran (run it again), or the cache answered wrongly, which is a bug: please report it.",
    ].join("\n");

  const [direct, , again, another, crowd] = rows;
  const asked = (again?.requests ?? 0) + (another?.requests ?? 0);
  return [
    `Every reading (${readings} in all) gave the same values each time (SHA-256 of the decoded numbers).`,
    asked === 0
      ? "Reading again asked the source nothing, not even in a new process: what was read once is on disk."
      : `Reading again asked the source ${counted(asked, "time")}: a larger --max-bytes keeps more.`,
    `Several processes at once asked it ${counted(crowd?.requests ?? 0, "time")} in all; without the cache each asks ${counted(direct?.requests ?? 0, "time")}.`,
  ].join("\n");
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more` : "";
}
