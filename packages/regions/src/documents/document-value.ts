import { InvalidArgumentError, OriginNotAllowedError } from "../errors.ts";
import type { DocumentMode, Json } from "./document.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Turns a value into the bytes that are kept; throws for one that is not what the mode says. */
export function encodeValue(value: unknown, mode: DocumentMode): Uint8Array {
  const text = mode === "text" ? value : stringify(value);
  if (typeof text !== "string")
    throw new InvalidArgumentError(
      "value",
      value,
      mode === "text" ? "text" : "JSON: no functions, cycles or undefined",
    );
  if (/\p{Surrogate}/u.test(text))
    throw new InvalidArgumentError("value", value, "text without lone surrogates");
  return encoder.encode(text);
}

/** The inverse of {@link encodeValue}. */
export function decodeValue(bytes: Uint8Array, mode: DocumentMode): Json {
  try {
    const text = decoder.decode(bytes);
    return mode === "text" ? text : (JSON.parse(text) as Json);
  } catch {
    throw new InvalidArgumentError("mode", mode, "the mode that the document was put with: it is not JSON");
  }
}

/** The address of a reference, or a throw where its origin is not allowed. */
export function referenceOf(url: unknown, allowed: readonly string[]): URL {
  let parsed: URL;
  try {
    parsed = new URL(url as string);
  } catch {
    throw new InvalidArgumentError("url", url, "an absolute address");
  }
  if (!allowed.includes(parsed.origin) || parsed.username !== "" || parsed.password !== "")
    throw new OriginNotAllowedError(parsed.origin, allowed);
  return parsed;
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
