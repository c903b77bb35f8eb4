import type { Finding } from "./benchmark.ts";
import { showNumber } from "./spread.ts";

/** Tells the target of a row, such as `≤ 1.05×`; empty where there is none. */
export function showTarget({ target, figure }: Finding): string {
  if (target === undefined) return "";
  const space = figure.unit === "×" ? "" : " ";
  return `${target.better === "lower" ? "≤" : "≥"} ${showNumber(target.limit)}${space}${figure.unit}`;
}

/** Tells whether the median meets its target, and by how many percent of the target it misses. */
export function verdict({ target, figure }: Finding): string {
  if (target === undefined) return "";
  const { median } = figure.spread;
  if (median === target.limit) return "met";
  const miss = target.better === "lower" ? median / target.limit - 1 : 1 - median / target.limit;
  return miss <= 0 ? "met" : `missed by ${showNumber(miss * 100)} %`;
}
