import { parseContentLength } from "./content-range.ts";

/** Codings that `fetch` undoes on every platform. */
const UNDONE = new Set(["gzip", "x-gzip", "deflate", "br"]);

/** `identity` is none; `aws-chunked` some buckets keep of how the value was once uploaded. */
const NONE = new Set(["", "identity", "aws-chunked"]);

/** What a frame of Zstandard begins with (RFC 8878 §3.1.1). */
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** The content codings of an answer (RFC 9110 §8.4). */
function codingsOf(headers: Headers): readonly string[] {
  const codings = (headers.get("content-encoding") ?? "").split(",");
  return codings.map((coding) => coding.trim().toLowerCase()).filter((coding) => !NONE.has(coding));
}

/** Whether what comes was compressed on its way; `fetch` undoes that, so that its length is not known before. */
export function isEncoded(headers: Headers): boolean {
  return codingsOf(headers).length > 0;
}

/**
 * Whether what came is compressed still, since the platform does not know the coding: `fetch` then hands out the bytes as
 * they are, and says nothing. Zstandard is known to some.
 */
export function isStillEncoded(headers: Headers, bytes: Uint8Array): boolean {
  const unsure = codingsOf(headers).filter((coding) => !UNDONE.has(coding));
  if (unsure.length === 0) return false;
  const sent = parseContentLength(headers.get("content-length"));
  if (sent !== undefined) return sent === bytes.byteLength;
  return unsure.some((coding) => coding !== "zstd") || ZSTD.every((byte, i) => bytes[i] === byte);
}
