/** What several rounds of one measurement gave: the middle one, and how far the others lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Sums up the rounds of one measurement. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error("No round was measured");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  return { median, min: sorted[0] ?? 0, max: sorted[sorted.length - 1] ?? 0 };
}

/**
 * Divides round by round and sums up the quotients: what slows a whole round, such as a neighbour on the machine,
 * cancels out.
 */
export function ratioOf(values: readonly number[], by: readonly number[]): Spread {
  return spreadOf(values.map((value, round) => value / (by[round] ?? Number.NaN)));
}

/** `0.71 µs (0.69–0.80)`: the median, and the least and the most in parentheses. */
export function showSpread({ median, min, max }: Spread, unit: string): string {
  const text = `${showNumber(median)}${unit === "×" ? "" : " "}${unit}`;
  return min === max ? text : `${text} (${showNumber(min)}–${showNumber(max)})`;
}

/** Three significant digits, and no exponent. */
export function showNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return value.toLocaleString("en", {
    minimumFractionDigits: Math.min(3, Math.max(0, 2 - magnitude)),
    maximumFractionDigits: Math.min(3, Math.max(0, 2 - magnitude)),
  });
}
