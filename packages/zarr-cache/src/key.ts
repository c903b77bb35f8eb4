import { InvalidKeyError, InvalidOptionError } from "./errors.ts";

/** A Zarr key as zarrita writes it: absolute, segments separated by `/`, such as `/t2m/c/0/4`. */
export type Key = `/${string}`;

/** Which freshness rule a key falls under. */
export type KeyClass = "metadata" | "data";

const METADATA = /\/(?:zarr\.json|\.zarray|\.zattrs|\.zgroup|\.zmetadata)$/;
const STORE_ID = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Throws {@link InvalidKeyError} unless `key` is absolute, without empty, `.` or `..` segments or control characters. */
export function assertKey(key: unknown): asserts key is Key {
  if (typeof key !== "string") throw new InvalidKeyError(key, "is not a string");
  const length = key.length;
  if (length < 2 || key.charCodeAt(0) !== 47)
    throw new InvalidKeyError(key, "does not start with / and name something");
  assertSegments(key, key, 1);
}

/** Throws unless `path` is `/`, a key, or a key followed by `/`. */
export function assertPath(path: unknown): asserts path is Key {
  if (path === "/") return;
  if (typeof path !== "string" || path.charCodeAt(0) !== 47)
    throw new InvalidKeyError(path, "does not start with /");
  assertSegments(path.endsWith("/") ? path.slice(0, -1) : path, path, 1);
}

function assertSegments(text: string, key: string, from: number): void {
  // One pass, no allocation: this runs on every read.
  let start = from;
  const length = text.length;
  for (let i = from; i <= length; i++) {
    const code = i < length ? text.charCodeAt(i) : 47;
    if (code === 47) {
      const size = i - start;
      if (size === 0) throw new InvalidKeyError(key, "has an empty segment");
      if (text.charCodeAt(start) === 46 && (size === 1 || (size === 2 && text.charCodeAt(start + 1) === 46)))
        throw new InvalidKeyError(key, 'has a "." or ".." segment');
      start = i + 1;
    } else if (code < 32 || code === 127 || code === 92) {
      throw new InvalidKeyError(key, "has a control character or a backslash");
    } else if (code >= 0xd800 && code <= 0xdfff) {
      // Halves of a pair that stand alone all become the same character in UTF-8, and so would the keys.
      if (code > 0xdbff || !isLowSurrogate(text.charCodeAt(i + 1)))
        throw new InvalidKeyError(key, "is not well-formed Unicode");
      i++;
    }
  }
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** Throws {@link InvalidOptionError} unless `storeId` is 1–128 letters, digits, `.`, `_`, `-`, not starting with `.` or `-`, without `..`. */
export function assertStoreId(storeId: unknown): asserts storeId is string {
  if (typeof storeId !== "string" || !STORE_ID.test(storeId) || storeId.includes(".."))
    throw new InvalidOptionError(
      "storeId",
      storeId,
      'letters, digits, ".", "_" and "-", 1 to 128 of them, starting with a letter, digit or "_", without ".."',
    );
}

/** Tells metadata documents (`zarr.json`, `.zarray`, `.zattrs`, `.zgroup`, `.zmetadata`) from data. */
export function classOf(key: string): KeyClass {
  // Metadata names end in n, y, s, p or a; the test on the last letter spares the regular expression for chunks.
  const last = key.charCodeAt(key.length - 1);
  return last >= 97 && last <= 121 && METADATA.test(key) ? "metadata" : "data";
}

/** The directory that a path is in, with `/` at its end; nothing for that of the root. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/**
 * Tells whether `key` lies under `path`: `"/"` covers everything, `"/a/"` everything below,
 * `"/a"` that key and everything below `/a/`. Never a raw string prefix: `/a` does not cover `/ab`.
 */
export function isUnder(key: string, path: string): boolean {
  if (!key.startsWith(path)) return false;
  return path.endsWith("/") || key.length === path.length || key.charCodeAt(path.length) === 47;
}
