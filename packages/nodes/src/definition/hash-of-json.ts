import { type CanonicalValue, hashOf } from "@zarr-cache/arrays";

/** SHA-256 of the canonical JSON of an object that JSON can hold; members that are undefined are left out. */
export function hashOfJson(json: object): string {
  return hashOf(json as CanonicalValue);
}
