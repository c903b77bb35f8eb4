/** A range as a client asks for it (RFC 9110 §14.1.1): from a first byte, to a last one or the end; or the last bytes. */
export type AskedRange =
  | { readonly first: number; readonly last: number | undefined }
  | { readonly suffix: number };

const SINGLE = /^bytes=[ \t]*(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))[ \t]*$/i;

/**
 * Reads a `Range` header. `undefined` where it is to be ignored, and the whole be answered: another unit, not a valid
 * range, or several ranges, which a server may answer whole (RFC 9110 §14.2).
 */
export function parseRange(header: string | null): AskedRange | undefined {
  const match = header === null ? null : SINGLE.exec(header);
  if (match === null) return undefined;
  const [, first, last, suffix] = match;
  if (suffix !== undefined) return { suffix: Number(suffix) };
  if (last !== undefined && Number(last) < Number(first)) return undefined;
  return { first: Number(first), last: last === undefined ? undefined : Number(last) };
}
