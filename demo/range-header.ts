/** A byte range within a body: `end` is exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a Range header with a single range (RFC 9110, section 14.1.2). Answers undefined where the header is to be
 * ignored: absent, of another unit, malformed, or with several ranges.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || match[0] === "bytes=-") return undefined;
  const [, first, last] = match;
  if (!first) {
    const start = Math.max(0, size - Number(last));
    return start < size ? { start, end: size } : "unsatisfiable";
  }
  const start = Number(first);
  const end = last ? Math.min(Number(last) + 1, size) : size;
  if (last && Number(last) < start) return undefined;
  return start < size ? { start, end } : "unsatisfiable";
}
