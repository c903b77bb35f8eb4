import { createHash } from "node:crypto";
import { isStrongValidator } from "zarr-cache";

/** Tags of values that are kept and handed out again, so that each is hashed once. */
const tags = new WeakMap<Uint8Array, string>();

/**
 * A strong entity tag (RFC 9110 §8.8.3): that of the source where it has given one, else one that follows from its date
 * or from the bytes. `undefined` for a part of a value whose version is not known.
 */
export function entityTag(validator: string | undefined, whole: Uint8Array | undefined): string | undefined {
  if (validator !== undefined && isStrongValidator(validator))
    return isQuoted(validator) ? validator : `"${digest(validator)}"`;
  if (whole === undefined) return undefined;
  let tag = tags.get(whole);
  if (tag === undefined) {
    tag = `"${digest(whole)}"`;
    tags.set(whole, tag);
  }
  return tag;
}

/** The date of a validator that is one, as a `Last-Modified` header. */
export function lastModified(validator: string | undefined): string | undefined {
  if (validator === undefined) return undefined;
  const date = validator.startsWith("W/") ? validator.slice(2) : validator;
  return date.startsWith('"') ? undefined : date;
}

/** Characters that a tag may have: RFC 9110 §8.8.3, `etagc`. */
function isQuoted(validator: string): boolean {
  return /^"[\x21\x23-\x7e]*"$/.test(validator);
}

function digest(of: string | Uint8Array): string {
  return createHash("sha256").update(of).digest("base64url").slice(0, 22);
}
