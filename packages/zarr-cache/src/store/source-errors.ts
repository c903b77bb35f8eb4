import { ZarrCacheError } from "../errors.ts";

/** What {@link SourceError} tells. */
export interface SourceErrorFields {
  /** Without credentials and secret parameters. */
  readonly url: string;
  readonly key: string;
  /** Of the last answer, if there was one. */
  readonly status?: number | undefined;
  /** Requests that were made in all. */
  readonly attempts: number;
}

/** A source could not give a value: refused, failed, too slow, or an answer that is not what was asked for. */
export class SourceError extends ZarrCacheError implements SourceErrorFields {
  readonly url: string;
  readonly key: string;
  readonly status: number | undefined;
  readonly attempts: number;

  constructor(reason: string, fields: SourceErrorFields, options?: ErrorOptions) {
    const { url, key, status, attempts } = fields;
    const tried = attempts > 1 ? ` (${attempts} attempts)` : "";
    super("SourceError", `Cannot read "${key}" from ${url}${tried}: ${reason}.`, options);
    this.url = url;
    this.key = key;
    this.status = status;
    this.attempts = attempts;
  }
}

/** A value is no longer the version that its other parts were read from, so they do not fit together. */
export class SourceChangedError extends ZarrCacheError {
  readonly url: string;
  readonly key: string;
  /** The validator that was asked for. */
  readonly expected: string;
  /** The validator that was found, if it is known. */
  readonly found: string | undefined;

  constructor(url: string, key: string, expected: string, found: string | undefined) {
    super(
      "SourceChangedError",
      `"${key}" at ${url} has changed from version ${expected}${found === undefined ? "" : ` to ${found}`} ` +
        "since other parts of it were read; open the array again.",
    );
    this.url = url;
    this.key = key;
    this.expected = expected;
    this.found = found;
  }
}

/** A server answered a Zarr key with something else, such as a page for people, or a file of another format. */
export class NotZarrError extends ZarrCacheError {
  readonly url: string;
  readonly key: string;
  /** What came, such as `"a page of HTML"`. */
  readonly found: string;
  /** What belongs there, such as `'a JSON object with "zarr_format"'`. */
  readonly expected: string;

  constructor(url: string, key: string, found: string, expected: string) {
    super(
      "NotZarrError",
      `${url} answered "${key}" with ${found} in place of ${expected}; check the URL and the credentials. ` +
        "A missing key must be answered with status 404.",
    );
    this.url = url;
    this.key = key;
    this.found = found;
    this.expected = expected;
  }
}
