import { type Part, partId } from "../part.ts";

/**
 * The seal: what is stored behind a value on media that may return other bytes than were written.
 *
 * A value is divided into frames, each with its own checksum, so that a range can be verified without reading the whole.
 * Behind the checksums stands the name of the part, so that bytes can never pass for those of another key. The checksum
 * of the seal itself is kept in the index, apart from the bytes.
 *
 *     u32 checksum × frames │ part id in UTF-8 │ u32 bytes of the id │ u32 frames │ u64 size │ u32 magic
 */
const MAGIC = 0x3143435a; // "ZCC1"
const TAIL = 20;
const LEAST_FRAME = 64 * 1024;

/** Computes the checksum of bytes, going on from an earlier one. */
export type Checksum = (bytes: Uint8Array, seed?: number) => number;

/** Bytes of one frame of a value: 64 KiB, or more where a value would have over 256 of them. */
export function frameSize(size: number): number {
  return Math.max(LEAST_FRAME, Math.ceil(size / 256));
}

/** Bytes of the seal of a value. */
export function sealSize(part: Part, size: number): number {
  return 4 * Math.ceil(size / frameSize(size)) + utf8Length(partId(part)) + TAIL;
}

/** Makes the seal of a value. */
export function makeSeal(part: Part, value: Uint8Array, crc32: Checksum): Uint8Array {
  const size = value.byteLength;
  const frame = frameSize(size);
  const frames = Math.ceil(size / frame);
  const id = new TextEncoder().encode(partId(part));
  const seal = new Uint8Array(4 * frames + id.byteLength + TAIL);
  const view = new DataView(seal.buffer);
  for (let i = 0; i < frames; i++)
    view.setUint32(4 * i, crc32(value.subarray(i * frame, Math.min(size, (i + 1) * frame))), true);
  seal.set(id, 4 * frames);
  const tail = 4 * frames + id.byteLength;
  view.setUint32(tail, id.byteLength, true);
  view.setUint32(tail + 4, frames, true);
  view.setBigUint64(tail + 8, BigInt(size), true);
  view.setUint32(tail + 16, MAGIC, true);
  return seal;
}

/** Whether a seal is the one that the index knows and belongs to this part and size. */
export function isSealOf(
  part: Part,
  size: number,
  seal: Uint8Array,
  checksum: number,
  crc32: Checksum,
): boolean {
  if (crc32(seal) !== checksum || seal.byteLength !== sealSize(part, size)) return false;
  const view = new DataView(seal.buffer, seal.byteOffset, seal.byteLength);
  const tail = seal.byteLength - TAIL;
  if (view.getUint32(tail + 16, true) !== MAGIC || view.getBigUint64(tail + 8, true) !== BigInt(size))
    return false;
  const idLength = view.getUint32(tail, true);
  return new TextDecoder().decode(seal.subarray(tail - idLength, tail)) === partId(part);
}

/** Whether whole frames, beginning with frame `first`, are what was sealed. The seal was checked before. */
export function areFramesSealed(
  bytes: Uint8Array,
  first: number,
  size: number,
  seal: Uint8Array,
  crc32: Checksum,
): boolean {
  const frame = frameSize(size);
  const view = new DataView(seal.buffer, seal.byteOffset, seal.byteLength);
  const count = Math.ceil(bytes.byteLength / frame);
  for (let i = 0; i < count; i++) {
    const end = Math.min(bytes.byteLength, (i + 1) * frame);
    if (crc32(bytes.subarray(i * frame, end)) !== view.getUint32(4 * (first + i), true)) return false;
  }
  return true;
}

/** The whole frames that hold the bytes from `start` to `end`. */
export function framesAround(
  start: number,
  end: number,
  size: number,
): { readonly first: number; readonly start: number; readonly end: number } {
  const frame = frameSize(size);
  const first = Math.floor(start / frame);
  return { first, start: first * frame, end: Math.min(size, Math.ceil(end / frame) * frame) };
}

/**
 * Bytes of well-formed text in UTF-8, as keys are (`assertKey`): two more for each character but those of ASCII, and one
 * less for what takes two bytes, or is half of a pair.
 */
function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    if (code >= 0x80) length += code < 0x800 || isHalf ? 1 : 2;
  }
  return length;
}
