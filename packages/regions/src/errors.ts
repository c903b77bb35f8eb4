/** What went wrong, as a tag that survives bundling and crosses realms: compare this, not the class. */
export type RegionsErrorTag =
  | "InvalidArgumentError"
  | "RegionConflictError"
  | "RegionUnavailableError"
  | "RegionFullError"
  | "JetStreamError"
  | "VersionNotReachedError"
  | "DocumentTooLargeError"
  | "OriginNotAllowedError"
  | "TransferError"
  | "NobodyHasItError"
  | "ClosedError";

/** The base of every error that this package throws: a tag, the fields that matter, and the cause. */
export class RegionsError extends Error {
  /** Names the kind of error; stable across versions. */
  readonly tag: RegionsErrorTag;

  constructor(tag: RegionsErrorTag, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = tag;
    this.tag = tag;
  }
}

/** Narrows anything caught to an error of this package, optionally to one of the given tags. */
export function isRegionsError(error: unknown, ...tags: RegionsErrorTag[]): error is RegionsError {
  if (!(error instanceof Error) || !("tag" in error) || error.name !== error.tag) return false;
  return tags.length === 0 || tags.includes(error.tag as RegionsErrorTag);
}

/** An option or argument is unknown or has an impossible value; says which and what is allowed. */
export class InvalidArgumentError extends RegionsError {
  readonly argument: string;

  constructor(argument: string, value: unknown, allowed: string) {
    super("InvalidArgumentError", `"${argument}" is ${show(value)}; allowed: ${allowed}.`);
    this.argument = argument;
  }
}

/** Two regions have one name: another JetStream domain answers to the name of this region. */
export class RegionConflictError extends RegionsError {
  readonly region: string;

  constructor(region: string, domain: string, other: string) {
    super(
      "RegionConflictError",
      `Region "${region}" of JetStream domain "${domain}" is also the name of a region of domain "${other}"; ` +
        "give each region a name of its own.",
    );
    this.region = region;
  }
}

/** The NATS server of this region cannot be reached; nothing was written unless the message says so. */
export class RegionUnavailableError extends RegionsError {
  constructor(what: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      "RegionUnavailableError",
      `${what} was not acknowledged by the region's NATS server (${reason}). It may be repeated.`,
      { cause },
    );
  }
}

/** A stream of the region is as large as it may become, so that nothing more can be kept for certain. */
export class RegionFullError extends RegionsError {
  readonly stream: string;

  constructor(stream: string, cause: unknown) {
    super(
      "RegionFullError",
      `Stream "${stream}" is full; raise its limit (maxBytes), or the storage that JetStream may use, or delete.`,
      { cause },
    );
    this.stream = stream;
  }
}

/** JetStream is not there, or not as it must be. */
export class JetStreamError extends RegionsError {
  constructor(message: string, cause?: unknown) {
    super("JetStreamError", message, cause === undefined ? undefined : { cause });
  }
}

/** A version that was asked for has not come to this region within the time given. */
export class VersionNotReachedError extends RegionsError {
  readonly key: string;

  constructor(key: string, wanted: string, found: string | undefined, milliseconds: number) {
    super(
      "VersionNotReachedError",
      `"${key}" has not reached version ${wanted} here within ${milliseconds} ms; ` +
        (found === undefined ? "nothing is known of it." : `it is at ${found}.`),
    );
    this.key = key;
  }
}

/** A document or its `meta` is larger than it may be; says by how much. */
export class DocumentTooLargeError extends RegionsError {
  readonly key: string;
  readonly bytes: number;

  constructor(key: string, what: string, bytes: number, limit: number, advice: string) {
    super("DocumentTooLargeError", `${what} of "${key}" has ${bytes} bytes; ${limit} are allowed. ${advice}`);
    this.key = key;
    this.bytes = bytes;
  }
}

/** A document refers to an origin that this region may not fetch from. */
export class OriginNotAllowedError extends RegionsError {
  readonly origin: string;

  constructor(origin: string, allowed: readonly string[]) {
    const list = allowed.length === 0 ? "none" : allowed.join(", ");
    super("OriginNotAllowedError", `Documents may not refer to ${origin}; allowed origins: ${list}.`);
    this.origin = origin;
  }
}

/** No member that can be reached has the document, or none said so in time. */
export class NobodyHasItError extends RegionsError {
  readonly key: string;

  constructor(key: string, milliseconds: number) {
    super("NobodyHasItError", `Nobody reachable has "${key}": no member said so within ${milliseconds} ms.`);
    this.key = key;
  }
}

/** Bytes that another region holds could not be had, or were not what was announced. */
export class TransferError extends RegionsError {
  readonly region: string;

  constructor(region: string, reason: string, options?: ErrorOptions) {
    super("TransferError", `Region "${region}" ${reason}.`, options);
    this.region = region;
  }
}

/** Something was used after its close(). */
export class ClosedError extends RegionsError {
  constructor(what: string) {
    super("ClosedError", `${what} was closed; open a new one.`);
  }
}

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  try {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > 120 ? `${text.slice(0, 120)}…` : text;
  } catch {
    return Object.prototype.toString.call(value);
  }
}
