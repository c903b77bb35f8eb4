const DOCUMENT = /\/(?:zarr\.json|\.zarray|\.zattrs|\.zgroup|\.zmetadata)$/;
const CHUNK = /(?:\/c(?:\/\d+)+|\/c(?:\.\d+)+|\/c|\/\d+(?:[./]\d+)*)$/;

/** The path of the array or group that a key belongs to, by its form; the key itself where it has none of these. */
export function arrayOf(key: string): string {
  const path = DOCUMENT.test(key) ? key.replace(DOCUMENT, "") : key.replace(CHUNK, "");
  return path === "" ? "/" : path;
}
