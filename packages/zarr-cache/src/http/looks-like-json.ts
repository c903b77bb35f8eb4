/**
 * Whether bytes may be a JSON object: braces at both ends, after a byte order mark and between blanks. What is between
 * them is for the reader to judge, since some writers of Zarr put `NaN` there.
 */
export function looksLikeJsonObject(bytes: Uint8Array): boolean {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let end = bytes.byteLength - 1;
  while (isBlank(bytes[start])) start++;
  while (isBlank(bytes[end])) end--;
  return start < end && bytes[start] === 0x7b && bytes[end] === 0x7d;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
