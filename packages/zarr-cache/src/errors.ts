/** What went wrong, as a tag that survives bundling and crosses realms: compare this, not the class. */
export type ErrorTag =
  | "InvalidOptionError"
  | "InvalidKeyError"
  | "InvalidRangeError"
  | "InvalidValueError"
  | "InvalidSourceError"
  | "StoreIdConflictError"
  | "UnsupportedError"
  | "ClosedError"
  | "CacheDirectoryError"
  | "CacheFormatError"
  | "CacheUnavailableError"
  | "DamagedBytesError"
  | "DeadlineError"
  | "FillFailedError"
  | "MissingDependencyError"
  | "BucketError"
  | "QueryFailedError"
  | "RedisError"
  | "SourceError"
  | "SourceChangedError"
  | "NotZarrError"
  | "OfflineError"
  | "PinLimitError"
  | "NotKeptError"
  | "PartialExportError";

/** The base of every error that this library throws: a tag, the fields that matter, and the cause. */
export class ZarrCacheError extends Error {
  /** Names the kind of error; stable across versions. */
  readonly tag: ErrorTag;

  constructor(tag: ErrorTag, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = tag;
    this.tag = tag;
  }

  /** True where the same may succeed later, without anything being changed by hand. */
  get isTemporary(): boolean {
    return false;
  }
}

/** Narrows anything caught to an error of this library, optionally to one of the given tags. */
export function isZarrCacheError(error: unknown, ...tags: ErrorTag[]): error is ZarrCacheError {
  if (!(error instanceof Error) || !("tag" in error) || error.name !== error.tag) return false;
  return tags.length === 0 || tags.includes(error.tag as ErrorTag);
}

/** Tells errors that may be gone when the same is tried again: no answer in time, or a server that is away or busy. */
export function isTemporary(error: unknown): boolean {
  return isZarrCacheError(error) && error.isTemporary;
}

/** An option is unknown or has an impossible value; says which and what is allowed. */
export class InvalidOptionError extends ZarrCacheError {
  readonly option: string;
  readonly value: unknown;

  constructor(option: string, value: unknown, allowed: string, options?: ErrorOptions) {
    super("InvalidOptionError", `Option "${option}" is ${show(value)}; allowed: ${allowed}.`, options);
    this.option = option;
    this.value = value;
  }
}

/** A key is not an absolute Zarr key, or climbs out of the store. */
export class InvalidKeyError extends ZarrCacheError {
  readonly key: unknown;

  constructor(key: unknown, reason: string) {
    super("InvalidKeyError", `Key ${show(key)} ${reason}; a key looks like "/t2m/c/0/4".`);
    this.key = key;
  }
}

/** A range has a negative, fractional or non-finite bound. */
export class InvalidRangeError extends ZarrCacheError {
  readonly range: unknown;

  constructor(range: unknown) {
    super(
      "InvalidRangeError",
      `Range ${show(range)} is not { offset, length } or { suffixLength } in whole bytes ≥ 0.`,
    );
    this.range = range;
  }
}

/** A value that was to be written, or that a source gave, is not a Uint8Array. */
export class InvalidValueError extends ZarrCacheError {
  readonly key: string;

  constructor(key: string, value: unknown, where: string) {
    super(
      "InvalidValueError",
      `${where} for key "${key}" is ${show(value)}; values are Uint8Array (or undefined where a key is missing).`,
    );
    this.key = key;
  }
}

/** The thing given as a source has no `get`. */
export class InvalidSourceError extends ZarrCacheError {
  constructor(source: unknown) {
    super(
      "InvalidSourceError",
      `The source is ${show(source)}; give a store with get(key), such as zarr.FetchStore, or a Map.`,
    );
  }
}

/** A store id is already bound to another source. */
export class StoreIdConflictError extends ZarrCacheError {
  readonly storeId: string;
  readonly bound: string;
  readonly given: string;

  constructor(storeId: string, bound: string, given: string) {
    super(
      "StoreIdConflictError",
      `Store id "${storeId}" belongs to source "${bound}", not to "${given}"; ` +
        "choose another id, or drop the old copy with deleteStore(id).",
    );
    this.storeId = storeId;
    this.bound = bound;
    this.given = given;
  }
}

/** The source cannot do what was asked; names the ability that it lacks. */
export class UnsupportedError extends ZarrCacheError {
  readonly operation: string;

  constructor(operation: string, reason: string) {
    super("UnsupportedError", `${operation} is not possible: ${reason}.`);
    this.operation = operation;
  }
}

/** Something was used after its close(). */
export class ClosedError extends ZarrCacheError {
  constructor(what: string) {
    super("ClosedError", `${what} was closed; open a new one.`);
  }
}

/** A cache directory cannot be used: a file, not writable, on a network file system, somebody else's. */
export class CacheDirectoryError extends ZarrCacheError {
  readonly directory: string;

  constructor(directory: string, reason: string, options?: ErrorOptions) {
    super("CacheDirectoryError", `Cache directory "${directory}" ${reason}.`, options);
    this.directory = directory;
  }
}

/** A cache was made by a newer version of the format; nothing in it is touched. */
export class CacheFormatError extends ZarrCacheError {
  readonly found: number;
  readonly supported: number;

  constructor(where: string, found: number, supported: number) {
    super(
      "CacheFormatError",
      `"${where}" has cache format ${found}; this version reads up to ${supported}. ` +
        "Upgrade zarr-cache or choose another directory.",
    );
    this.found = found;
    this.supported = supported;
  }
}

/**
 * A write or invalidation could not reach an index that must hear of it. Where `begun` is false, nothing was touched;
 * else the source was written, and only the end of the write could not be told.
 */
export class CacheUnavailableError extends ZarrCacheError {
  readonly begun: boolean;

  constructor(operation: string, cause: unknown, begun = false) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      "CacheUnavailableError",
      begun
        ? `${operation} reached the source, but the cache index cannot be told that it is over (${reason}). ` +
            "It need not be written again. The key is not cached until the index answers, which is tried again by itself."
        : `${operation} was not begun: the cache index cannot be reached (${reason}). Try again.`,
      { cause },
    );
    this.begun = begun;
  }
}

/**
 * What a medium keeps under a name is not what was written: it is of another length. Thrown by openers; the entry is
 * dropped and fetched again, as one whose checksum is wrong.
 */
export class DamagedBytesError extends ZarrCacheError {
  readonly place: string;

  /** `place` names the file, object or item; `what` tells what is wrong with it. */
  constructor(place: string, what: string, options?: ErrorOptions) {
    super("DamagedBytesError", `${place} ${what}; it was torn or changed.`, options);
    this.place = place;
  }
}

/** A part of the cache did not answer in time. Never reaches a reader; counted as a fault. */
export class DeadlineError extends ZarrCacheError {
  constructor(what: string, milliseconds: number) {
    super("DeadlineError", `${what} did not answer within ${milliseconds} ms.`);
  }

  override get isTemporary(): boolean {
    return true;
  }
}

/** Another process asked the source for this part and failed; carries that failure's name and message. */
export class FillFailedError extends ZarrCacheError {
  readonly key: string;

  constructor(key: string, failure: { readonly name: string; readonly message: string }) {
    super(
      "FillFailedError",
      `The source failed for "${key}" in another reader: ${failure.name}: ${failure.message}`,
    );
    this.key = key;
  }
}

/** An optional package is not installed; names the command that installs it. */
export class MissingDependencyError extends ZarrCacheError {
  constructor(name: string, needed: string, options?: ErrorOptions) {
    super("MissingDependencyError", `${needed} needs the package "${name}": npm install ${name}`, options);
  }
}

function show(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  try {
    const text = JSON.stringify(value);
    return text === undefined ? String(value) : text.length > 120 ? `${text.slice(0, 120)}…` : text;
  } catch {
    return Object.prototype.toString.call(value);
  }
}
