import { mediaTypeOf } from "./media-type.ts";

/** Longest object that is written into an answer. */
const LONGEST = 8 * 2 ** 20;

/**
 * An object as JSON text: JSON as it is, number for number; text as a string; anything else, and what is long, as a
 * description that tells where its bytes are.
 */
export function objectValue(path: string, bytes: Uint8Array): string {
  const type = mediaTypeOf(path);
  const text = bytes.byteLength <= LONGEST && /^text\/|json$/.test(type) ? textOf(bytes) : undefined;
  if (text !== undefined) return type.endsWith("json") && isJson(text) ? text.trim() : JSON.stringify(text);
  const href = `/api/v1/objects/${path.split("/").map(encodeURIComponent).join("/")}`;
  return JSON.stringify({ result: "success", bytes: bytes.byteLength, type, href });
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
