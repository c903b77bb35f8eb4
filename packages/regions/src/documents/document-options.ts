import type { CacheStorage } from "zarr-cache";
import { DocumentTooLargeError, InvalidArgumentError } from "../errors.ts";
import { assertOptions } from "../region-options.ts";
import type { DocumentMode, Json } from "./document.ts";

/** Options of documents. */
export interface DocumentsOptions {
  /** What the values are. Default `"json"`. */
  readonly mode?: DocumentMode;
  /** The tiers of the cache, for values over 256 KiB; such a document lasts as long as one of them keeps it. */
  readonly storage?: CacheStorage;
  /**
   * Origins, such as `"https://files.example"`, that a document which is put here may refer to, and that are fetched from
   * here. What refers to others is read by way of the region that wrote it. Default none.
   */
  readonly allowedOrigins?: readonly string[];
  /** What members show each other for what only another region can fetch. Default none. */
  readonly token?: string;
  /** Makes requests to those. Default: the platform's. */
  readonly fetch?: typeof fetch;
}

/** Options of a put. */
export interface PutOptions {
  /** How long it lasts, in milliseconds from now. Default for ever. */
  readonly expiresIn?: number;
  /** Kept beside the value; lists return it and can be filtered by it. At most 16 KiB of JSON. */
  readonly meta?: Readonly<Record<string, Json>>;
  /** Names the message, so that one that is repeated, here or in another region, counts once. Default random. */
  readonly id?: string;
}

/** Options of a get. */
export interface GetOptions {
  /** Waits until this version, or a later one, is here. */
  readonly minVersion?: string;
  /** Milliseconds to wait for it. Default 5 000. */
  readonly timeout?: number;
}

/** What a list is of. */
export interface ListOptions {
  /** Keys that begin so. */
  readonly prefix?: string;
  /** Documents whose `meta` has these members. */
  readonly meta?: Readonly<Record<string, Json>>;
  /** Documents on a page. Default 100, at most 1 000. */
  readonly limit?: number;
  /** The end of the page before. */
  readonly cursor?: string;
}

/** A value in place of which the reader gets what an address answers. */
export interface Reference {
  readonly url: string;
}

/** Bytes of a value that travels with its operation. */
export const MAX_INLINE_BYTES: number = 256 * 1024;

/** Bytes of a value that is kept in the tiers of the cache. */
export const MAX_HELD_BYTES: number = 64 * 1024 * 1024;

const MAX_KEY_BYTES = 1024;
const MAX_META_BYTES = 16 * 1024;

/** Throws `InvalidArgumentError` unless the key is text of 1 to 1 024 bytes. */
export function assertDocumentKey(key: unknown): asserts key is string {
  const bytes = typeof key === "string" ? Buffer.byteLength(key) : 0;
  if (bytes === 0 || bytes > MAX_KEY_BYTES)
    throw new InvalidArgumentError("key", key, `text of 1 to ${MAX_KEY_BYTES} bytes`);
}

/** Throws unless the options of a put are right. */
export function assertPutOptions(key: string, options: PutOptions): void {
  assertOptions("put", options, ["expiresIn", "meta", "id"]);
  const { expiresIn, meta, id } = options;
  if (expiresIn !== undefined && !(Number.isFinite(expiresIn) && expiresIn >= 0))
    throw new InvalidArgumentError("expiresIn", expiresIn, "milliseconds ≥ 0");
  if (id !== undefined && (typeof id !== "string" || !/^[\w.-]{1,128}$/.test(id)))
    throw new InvalidArgumentError("id", id, "1 to 128 letters, digits, -, _ and .");
  if (meta === undefined) return;
  if (typeof meta !== "object" || meta === null || Array.isArray(meta))
    throw new InvalidArgumentError("meta", meta, "an object");
  const bytes = Buffer.byteLength(JSON.stringify(meta));
  if (bytes > MAX_META_BYTES)
    throw new DocumentTooLargeError(key, "The meta", bytes, MAX_META_BYTES, "Put it into the document.");
}

/** Throws unless the options of a list are right. */
export function assertListOptions(options: ListOptions): void {
  assertOptions("list", options, ["prefix", "meta", "limit", "cursor"]);
  const { limit = 1, prefix = "", cursor = "" } = options;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 1000)
    throw new InvalidArgumentError("limit", limit, "1 to 1 000");
  if (typeof prefix !== "string") throw new InvalidArgumentError("prefix", prefix, "text");
  if (typeof cursor !== "string") throw new InvalidArgumentError("cursor", cursor, "the cursor of a page");
}
