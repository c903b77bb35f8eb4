import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils";
import { type CanonicalValue, canonicalJson } from "./canonical-json.ts";

/** SHA-256 of the canonical JSON of a value, as 64 hexadecimal digits. */
export function hashOf(value: CanonicalValue): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}
