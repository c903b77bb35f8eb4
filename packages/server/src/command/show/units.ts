const SIZES = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Bytes as people read them: three digits and a unit of ten to the third. */
export function bytes(count: number): string {
  if (count >= 1e18) return "∞";
  const step = Math.min(SIZES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  const value = count / 1000 ** step;
  return `${step === 0 ? value : value.toPrecision(3)} ${SIZES[step]}`;
}

/** Milliseconds as people read them. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${seconds.toPrecision(3)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** A share in percent. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(share > 0.1 ? 0 : 1)} %` : "–";
}
