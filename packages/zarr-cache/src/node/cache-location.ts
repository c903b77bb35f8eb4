import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidOptionError } from "../errors.ts";
import { bucketPattern } from "../s3/object-pattern.ts";

/** Where the bytes of a cache lie. */
export type CacheLocation =
  | { readonly medium: "disk"; readonly directory: string }
  | {
      readonly medium: "s3";
      /** For an `S3StoreOpener`. */
      readonly pattern: string;
      /** Names the index of this place in Redis, where the user does not. */
      readonly namespace: string;
    };

const ALLOWED = 'a directory, such as "~/.cache/zarr-cache", or a bucket, such as "s3://my_bucket/chunks"';

/**
 * Reads a location: a path, `~`, a file URL, or `s3://bucket/prefix`, below which every store gets `{store_id}.zarr`
 * unless the placeholder is in it. A URL of another kind may hold a password and is not shown.
 */
export function parseCacheLocation(location: unknown): CacheLocation {
  const text = location instanceof URL ? location.href : location;
  if (typeof text !== "string" || text.trim() === "")
    throw new InvalidOptionError("location", location, ALLOWED);
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text) ?? [];
  if (scheme?.toLowerCase() === "s3") return bucketPlace(text);
  if (text.startsWith("file:")) return { medium: "disk", directory: filePath(text) };
  if (scheme !== undefined) throw new InvalidOptionError("location", `${scheme}://…`, ALLOWED);
  const path = text === "~" || text.startsWith("~/") ? join(homedir(), text.slice(1)) : text;
  return { medium: "disk", directory: resolve(path) };
}

/** A file URL of this machine; one that names another host, or has a broken escape, is none. */
function filePath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new InvalidOptionError("location", url, ALLOWED);
  }
}

function bucketPlace(url: string): CacheLocation {
  if (url.includes("@"))
    throw new InvalidOptionError("location", "s3://…", `${ALLOWED}, without credentials`);
  // A URL object writes the braces of the placeholder as escapes.
  const pattern = bucketPattern(url.replace("%7Bstore_id%7D", "{store_id}"));
  const [bucket = ""] = url.slice("s3://".length).split("/");
  const hash = createHash("sha256").update(pattern).digest("hex").slice(0, 16);
  return { medium: "s3", pattern, namespace: `s3_${bucket.slice(0, 40)}_${hash}` };
}
