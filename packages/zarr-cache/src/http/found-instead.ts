/** What came for a key in place of a part of a Zarr store, and what belongs there. */
export interface FoundInstead {
  readonly found: string;
  readonly expected: string;
}

/** How files of other formats begin. */
const SIGNATURES: readonly (readonly [format: string, beginning: string])[] = [
  ["a NetCDF file", "CDF\x01"],
  ["a NetCDF file", "CDF\x02"],
  ["a NetCDF file", "CDF\x05"],
  ["an HDF5 or NetCDF-4 file", "\x89HDF\r\n\x1a\n"],
  ["a GRIB file", "GRIB"],
  ["a TIFF file", "II*\0"],
  ["a TIFF file", "MM\0*"],
  ["a TIFF file", "II+\0"],
  ["a ZIP archive", "PK\x03\x04"],
  ["gzip-compressed bytes", "\x1f\x8b"],
  ["bytes compressed by Zstandard", "\x28\xb5\x2f\xfd"],
];
const PAGE = /^<(?:!doctype html|html|head|body)\b/i;
const MOST_SHOWN = 60;

/** Says what belongs under a key. */
export function expectedAt(key: string): string {
  const member = memberOf(key);
  if (member !== undefined) return `a JSON object with ${JSON.stringify(member)}`;
  return key.endsWith("/.zattrs") ? "a JSON object" : "the bytes of a chunk";
}

/**
 * What the value of a metadata key is, where it cannot be the document that the key names; `undefined` where it may be.
 * What is between the braces is for the reader to judge, since some writers of Zarr put `NaN` there; but a document says
 * which version of Zarr it is of, and the error message of a server does not.
 */
export function foundInstead(key: string, bytes: Uint8Array): FoundInstead | undefined {
  const [start, end] = withoutBlanks(bytes);
  const isObject = start < end && bytes[start] === 0x7b && bytes[end] === 0x7d;
  const member = memberOf(key);
  if (isObject && (member === undefined || includes(bytes, JSON.stringify(member)))) return undefined;
  const found = isObject ? `the JSON ${beginningOf(bytes, start, end)}` : otherThanJson(bytes, start, end);
  return { found, expected: expectedAt(key) };
}

/** What every document of a name has in it: by the specifications of Zarr 2 and 3, and the metadata that zarr-python consolidates. */
function memberOf(key: string): string | undefined {
  if (key.endsWith("/.zmetadata")) return "metadata";
  return /\/(?:zarr\.json|\.zarray|\.zgroup)$/.test(key) ? "zarr_format" : undefined;
}

/** Whether bytes begin as a page of HTML does. */
export function isPage(bytes: Uint8Array): boolean {
  const [start, end] = withoutBlanks(bytes);
  return PAGE.test(latin1(bytes, start, end));
}

function otherThanJson(bytes: Uint8Array, start: number, end: number): string {
  if (start > end) return "an empty document";
  for (const [format, beginning] of SIGNATURES) if (isAt(bytes, 0, beginning)) return format;
  if (bytes[start] !== 0x3c)
    return isText(bytes, start, end)
      ? `the text ${beginningOf(bytes, start, end)}`
      : "bytes that are not JSON";
  return PAGE.test(latin1(bytes, start, end)) ? "a page of HTML" : "XML";
}

/** The first and the last byte that is no blank, after a byte order mark. */
function withoutBlanks(bytes: Uint8Array): readonly [start: number, end: number] {
  let start = isAt(bytes, 0, "\xef\xbb\xbf") ? 3 : 0;
  let end = bytes.byteLength - 1;
  while (isBlank(bytes[start])) start++;
  while (end >= start && isBlank(bytes[end])) end--;
  return [start, end];
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function includes(bytes: Uint8Array, text: string): boolean {
  const first = text.charCodeAt(0);
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1))
    if (isAt(bytes, at, text)) return true;
  return false;
}

function isAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes
    .subarray(start, Math.min(end + 1, start + MOST_SHOWN))
    .every((byte) => byte >= 0x20 || isBlank(byte));
}

/** The first bytes, quoted. */
function beginningOf(bytes: Uint8Array, start: number, end: number): string {
  const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end + 1, start + MOST_SHOWN)));
  return JSON.stringify(end - start < MOST_SHOWN ? text : `${text}…`);
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end + 1, start + MOST_SHOWN)));
}
