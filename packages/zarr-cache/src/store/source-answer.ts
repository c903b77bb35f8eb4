import type { RangeQuery } from "../range.ts";

/** Options that reach a source with a read. The signal is always one of the cache's own. */
export interface SourceReadOptions {
  readonly signal?: AbortSignal;
  /**
   * There when nobody waits for the answer yet, as of what is warmed: reads without it go first. It fires (as an abort
   * does) when somebody waits after all, from when on the read is as urgent as any other.
   */
  readonly demanded?: AbortSignal;
}

/** Options that reach a source with any other question. The signal is always one of the cache's own. */
export type SourceAskOptions = Pick<SourceReadOptions, "signal">;

/**
 * What a source with `read` is asked.
 *
 * A *validator* names a version of a value: an entity tag as the server wrote it (`"v1"`, `W/"v1"`), or a modification
 * date, with `W/` before it unless it is strong (RFC 9110 §8.8). To everybody but the source that made it, it is a text
 * to be kept and given back; see {@link isStrongValidator}.
 */
export interface SourceRead extends SourceReadOptions {
  /** The bytes asked for; absent for the whole value. */
  readonly range?: RangeQuery;
  /** The validator of a copy at hand. If it still holds, the answer is `unchanged` and brings no bytes. */
  readonly ifNoneMatch?: string;
  /** The validator that the bytes must belong to; a value of another version rejects with `SourceChangedError`. */
  readonly ifMatch?: string;
}

/** What a source knows of a value, besides its bytes. What it does not know is absent. */
export interface SourceFacts {
  /** Bytes of the whole value. */
  readonly size?: number;
  /** Names the version. */
  readonly validator?: string;
  /** How long the source lets the answer be kept. */
  readonly freshness?: SourceFreshness;
  /** Milliseconds that getting it again would take, without waiting for a turn and without failed attempts. */
  readonly cost?: number;
}

/** How long an answer may be kept, in milliseconds, as its source says. */
export interface SourceFreshness {
  /** How old the answer was when the request for it was sent. */
  readonly age: number;
  /** The age up to which it is fresh; absent where the source does not say. */
  readonly freshFor?: number;
  /** How long past that it may be given at once while it is fetched anew behind it. */
  readonly staleWhileRevalidate?: number;
  /** How long past that it may be given when the source fails. */
  readonly staleIfError?: number;
  /** Past its age it must not be given without asking, whatever the reader would allow. */
  readonly mustRevalidate?: boolean;
  /** It is for one user, so that caches which several users share must not keep it. */
  readonly private?: boolean;
  /** It must not be kept. */
  readonly noStore?: boolean;
  /** It will not change while it is fresh, so there is no need to ask before that. */
  readonly immutable?: boolean;
}

/** What a source with `read` answers. The bytes are the caller's own. */
export type SourceAnswer = SourceFacts &
  (
    | {
        readonly status: "value";
        /** The bytes asked for, exactly: fewer than the range names only where the value ends. */
        readonly value: Uint8Array;
        /** The whole value, where it came although a range was asked for. */
        readonly whole?: Uint8Array;
      }
    /** The source says for certain that the key has no value. */
    | { readonly status: "missing" }
    /** The copy that `ifNoneMatch` names still holds; the facts are new. */
    | { readonly status: "unchanged" }
  );

/** Whether two values with this validator are the same byte for byte, so that ranges of them fit together. */
export function isStrongValidator(validator: string): boolean {
  return !validator.startsWith("W/");
}
