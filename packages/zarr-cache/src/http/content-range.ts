/** Where the bytes of an answer lie in the value; `end` is exclusive. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  /** Bytes of the whole value, if the server says. */
  readonly size: number | undefined;
}

/** Reads a `Content-Range` of an answer with bytes (RFC 9110 §14.4); `undefined` when absent, invalid or of another unit. */
export function parseContentRange(header: string | null): ContentRange | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(header?.trim() ?? "");
  if (!match) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const size = match[3] === "*" ? undefined : Number(match[3]);
  if (end <= start || (size !== undefined && end > size) || !Number.isSafeInteger(size ?? end))
    return undefined;
  return { start, end, size };
}

/** Reads the size of the value from the `Content-Range` of an answer 416, as in `bytes * /1234` without the blank. */
export function parseUnsatisfiedRange(header: string | null): number | undefined {
  const match = /^bytes \*\/(\d+)$/i.exec(header?.trim() ?? "");
  return match && Number.isSafeInteger(Number(match[1])) ? Number(match[1]) : undefined;
}

/** Reads a `Content-Length` (RFC 9110 §8.6), also one that was sent several times with the same number. */
export function parseContentLength(header: string | null): number | undefined {
  if (header === null) return undefined;
  const [first = "", ...others] = header.split(",").map((text) => text.trim());
  if (!/^\d+$/.test(first) || others.some((other) => other !== first)) return undefined;
  return Number.isSafeInteger(Number(first)) ? Number(first) : undefined;
}
