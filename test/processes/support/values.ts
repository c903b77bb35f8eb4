import { createHash } from "node:crypto";

/**
 * Values of which every byte follows from key, version and size, so that any process can tell whether it has been given
 * one that the source held.
 *
 *     u32 version │ u32 size │ pseudo-random words
 */
export function makeValue(key: string, version: number, size: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = (hash(key) ^ Math.imul(version, 0x9e3779b1)) | 1;
  for (let i = 2; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  words[0] = version;
  words[1] = size;
  return new Uint8Array(words.buffer, 0, size);
}

/** The version of a value; throws when a single byte is not that version's. */
export function versionOf(key: string, value: Uint8Array): number {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const version = view.getUint32(0, true);
  const size = view.getUint32(4, true);
  if (size !== value.byteLength || Buffer.compare(value, makeValue(key, version, size)) !== 0)
    throw new Error(`${key} has bytes that its source never held`);
  return version;
}

/** `missing`, or what the bytes hash to. */
export function checksumOf(value: Uint8Array | undefined): string {
  return value === undefined ? "missing" : createHash("sha1").update(value).digest("hex");
}

function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum;
}
