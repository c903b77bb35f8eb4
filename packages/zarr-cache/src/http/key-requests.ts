import { classOf, type Key } from "../key.ts";
import { type RangeQuery, sliceRange } from "../range.ts";
import type { SourceAnswer, SourceFacts, SourceRead } from "../store/source-answer.ts";
import { NotZarrError, SourceChangedError, SourceError } from "../store/source-errors.ts";
import { AttemptFailure } from "./attempt-failure.ts";
import { discardBody, readBody } from "./body.ts";
import { freshnessOf } from "./cache-control.ts";
import { isStillEncoded } from "./content-codings.ts";
import { expectedAt, type FoundInstead, foundInstead, isPage } from "./found-instead.ts";
import { type Attempt, HttpRequests, type JobFailure, statusFailure } from "./http-requests.ts";
import { type Asked, judgeAnswer } from "./judge-answer.ts";
import type { KeyUrls } from "./key-url.ts";
import type { Origin } from "./origin.ts";
import type { RequestSettings } from "./request-settings.ts";
import { headersOnlyIf, headersUnless, validatorOf } from "./validators.ts";

/** An answer, or that a range was refused: the server does no suffixes, or there are no such bytes. */
export type Taken =
  | SourceAnswer
  | { readonly status: "no-suffix"; readonly size: number | undefined }
  | { readonly status: "beyond"; readonly facts: SourceFacts };

/** Asks a server for one thing of one key, and makes of its answer what that means, or an error. */
export class KeyRequests {
  readonly #urls: KeyUrls;
  readonly #settings: RequestSettings;
  readonly #requests: HttpRequests;

  constructor(urls: KeyUrls, settings: RequestSettings, origin: Origin) {
    this.#urls = urls;
    this.#settings = settings;
    this.#requests = new HttpRequests(settings, origin, urls.authorization);
  }

  /** Reads a value or a range of it, with one request that is tried again where that may help. */
  read(key: Key, options: SourceRead, isTrial = false): Promise<Taken> {
    const { range, ifMatch, ifNoneMatch, signal, demanded } = options;
    const asked: Asked = { missing: this.#settings.missing, ifMatch, ifNoneMatch, ...(range && { range }) };
    const headers = {
      // Chunks are compressed already, and what a server compresses on the way is another version with another length.
      ...(classOf(key) === "data" && { "accept-encoding": "identity" }),
      ...(range && { range: rangeHeader(range) }),
      ...(ifMatch !== undefined && headersOnlyIf(ifMatch)),
      ...(ifNoneMatch !== undefined && headersUnless(ifNoneMatch)),
    };
    return this.#requests.run(
      {
        url: this.#urls.of(key),
        method: "GET",
        headers,
        signal,
        demanded,
        isTrial,
        take: (response, attempt) => this.#take(key, asked, response, attempt),
      },
      (failed) => this.#failed(key, failed),
    );
  }

  async #take(key: Key, asked: Asked, response: Response, attempt: Attempt): Promise<Taken> {
    const { clock, maxBytes, shared } = this.#settings;
    const { status, headers } = response;
    const verdict = judgeAnswer(asked, { status, headers, hidden: response.type === "cors" }, clock());
    const validator = validatorOf(headers, attempt.receivedAt);
    const facts: SourceFacts = {
      freshness: freshnessOf(headers, attempt, shared),
      ...(validator !== undefined && { validator }),
    };
    if (verdict.kind === "whole" || verdict.kind === "part") {
      const bytes = await readBody(
        response,
        { exact: verdict.length, most: maxBytes },
        attempt.signal,
        attempt.onProgress,
      );
      const cost = clock() - attempt.sentAt;
      const size = verdict.kind === "whole" ? bytes.byteLength : verdict.size;
      const told = { ...facts, cost, ...(size !== undefined && { size }) };
      if (verdict.kind === "part") return { status: "value", value: bytes, ...told };
      this.#checkContent(key, bytes, response);
      if (asked.range === undefined) return { status: "value", value: bytes, ...told };
      return { status: "value", value: sliceRange(bytes, asked.range), whole: bytes, ...told };
    }
    await discardBody(response, attempt.signal);
    switch (verdict.kind) {
      case "missing":
        return { status: "missing", ...facts };
      case "unchanged":
        return { status: "unchanged", ...facts };
      case "beyond":
        return {
          status: "beyond",
          facts: { ...facts, ...(verdict.size !== undefined && { size: verdict.size }) },
        };
      case "no-suffix":
        return { status: "no-suffix", size: verdict.size };
      case "changed":
        throw new SourceChangedError(this.#urls.shown(key), key, asked.ifMatch ?? "", verdict.found);
      case "not-zarr":
        throw this.#notZarr(key, { found: verdict.found, expected: expectedAt(key) });
      case "failure":
        throw statusFailure(response, verdict.reason, verdict.retry, clock());
    }
  }

  /** Asks for the size of a value alone; `undefined` when it is missing. */
  async size(
    key: Key,
    { signal, demanded }: SourceRead,
  ): Promise<{ size: number; validator: string | undefined } | undefined> {
    const { missing, clock } = this.#settings;
    return this.#requests.run(
      {
        url: this.#urls.of(key),
        method: "HEAD",
        headers: { "accept-encoding": "identity" },
        signal,
        demanded,
        take: async (response) => {
          const { status, headers } = response;
          if (missing.includes(status)) return undefined;
          const verdict = judgeAnswer({ missing }, { status, headers, hidden: false }, clock());
          if (verdict.kind === "failure")
            throw statusFailure(response, verdict.reason, verdict.retry, clock());
          if (verdict.kind === "not-zarr")
            throw this.#notZarr(key, { found: verdict.found, expected: expectedAt(key) });
          if (verdict.kind !== "whole" || verdict.length === undefined)
            throw statusFailure(
              response,
              "the server tells neither the size of the value nor its end",
              false,
              clock(),
            );
          return { size: verdict.length, validator: validatorOf(headers, clock()) };
        },
      },
      (failed) => this.#failed(key, failed),
    );
  }

  /** The error of a read that failed for a reason that no single answer gave. */
  error(key: Key, reason: string, status?: number): SourceError {
    return new SourceError(reason, { url: this.#urls.shown(key), key, status, attempts: 1 });
  }

  #checkContent(key: Key, bytes: Uint8Array, { headers, status }: Response): void {
    if (isStillEncoded(headers, bytes))
      throw new AttemptFailure(
        `the value came compressed as "${headers.get("content-encoding")}", which was not undone on its way`,
        { retry: false, status },
      );
    if (classOf(key) === "metadata") {
      const instead = foundInstead(key, bytes);
      if (instead !== undefined) throw this.#notZarr(key, instead);
    } else if (!headers.has("content-type") && isPage(bytes))
      throw this.#notZarr(key, { found: "a page of HTML", expected: expectedAt(key) });
  }

  #notZarr(key: Key, { found, expected }: FoundInstead): NotZarrError {
    return new NotZarrError(this.#urls.shown(key), key, found, expected);
  }

  #failed(key: Key, { failure, attempts }: JobFailure): SourceError {
    const fields = { url: this.#urls.shown(key), key, status: failure.status, attempts };
    const { message, cause } = failure;
    return new SourceError(message, fields, cause === undefined ? {} : { cause });
  }
}

/** RFC 9110 §14.1.1. */
function rangeHeader(range: RangeQuery): string {
  return "suffixLength" in range
    ? `bytes=-${range.suffixLength}`
    : `bytes=${range.offset}-${range.offset + range.length - 1}`;
}
