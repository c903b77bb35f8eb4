import { InvalidOptionError } from "../errors.ts";
import { assertStoreId } from "../key.ts";
import type { StoredName } from "../store-opener.ts";
import { isToken, TOKEN_FORM } from "../token.ts";

const PLACEHOLDER = "{store_id}";
const URL_FORM = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9])\/(.+)$/;
/** Characters that every S3 server takes in keys and shows unchanged in lists. */
const SAFE = /^[A-Za-z0-9!_.*'()=/-]+$/;
const SPREAD = 2;

/** Where the objects of stores lie: in one bucket, below a prefix with the store id in it. */
export interface ObjectPattern {
  readonly bucket: string;
  /** What all keys begin with. */
  readonly prefix: string;
  /** The key of a token's object: `<prefix>/<store_id>.zarr/<2 characters>/<token>`. */
  keyOf(storeId: string, token: string): string;
  /** The name that a key was made of; `undefined` for keys of others. */
  nameOf(key: string): StoredName | undefined;
}

/** The pattern of a location such as `"s3://bucket/prefix"`: every store is `{store_id}.zarr` below it, unless the placeholder is in it. */
export function bucketPattern(location: string): string {
  const place = location.replace(/\/+$/, "");
  return place.includes(PLACEHOLDER) ? place : `${place}/${PLACEHOLDER}.zarr`;
}

/**
 * Reads a pattern such as `"s3://bucket/prefix/{store_id}.zarr"`.
 * Throws {@link InvalidOptionError} unless it names a bucket and has the placeholder once.
 *
 * Objects are spread by the last two characters of the token, which are random, so that a server that divides its keys
 * by their beginnings can divide the load.
 */
export function parseObjectPattern(option: string, pattern: unknown): ObjectPattern {
  const [, bucket, path] = (typeof pattern === "string" && URL_FORM.exec(pattern)) || [];
  if (bucket === undefined || path === undefined) throw notAPattern(option, pattern);
  const [before, after, ...more] = path.replace(/\/$/, "").split(PLACEHOLDER);
  if (before === undefined || after === undefined || more.length > 0) throw notAPattern(option, pattern);
  const segments = `${before}x${after}`.split("/");
  if (!SAFE.test(segments.join("/")) || segments.some((it) => /^\.{0,2}$/.test(it)))
    throw notAPattern(option, pattern);
  return {
    bucket,
    prefix: before,
    keyOf(storeId, token) {
      assertToken(token);
      return `${before}${storeId}${after}/${token.slice(-SPREAD)}/${token}`;
    },
    nameOf(key) {
      const end = key.indexOf("/", before.length);
      const tail = after.includes("/") ? after.slice(after.indexOf("/")) : "";
      const ending = after.slice(0, after.length - tail.length);
      const storeId = key.slice(before.length, end - ending.length);
      const token = key.slice(key.lastIndexOf("/") + 1);
      const isOurs = isStoreId(storeId) && isToken(token) && key === this.keyOf(storeId, token);
      return isOurs ? { storeId, token } : undefined;
    },
  };
}

function assertToken(token: string): void {
  if (!isToken(token)) throw new InvalidOptionError("token", token, TOKEN_FORM);
}

function isStoreId(name: string): boolean {
  try {
    assertStoreId(name);
    return true;
  } catch {
    return false;
  }
}

function notAPattern(option: string, pattern: unknown): InvalidOptionError {
  return new InvalidOptionError(
    option,
    pattern,
    'a place such as "s3://bucket/prefix/{store_id}.zarr": a bucket, then letters, digits and !_.*\'()=- ' +
      'in segments divided by "/", none of them "." or "..", with {store_id} once',
  );
}
