import { isZarrCacheError } from "../errors.ts";
import { BucketError, codeOf, reasonOf } from "./bucket-error.ts";
import { RequestRunner } from "./request-runner.ts";
import { RequestTurns, type Urgency } from "./request-turns.ts";
import { givenClient, loadS3, makeClient, type OpenClient } from "./s3-client.ts";
import type { S3Settings } from "./s3-options.ts";

/** The requests that are sent to one bucket, in turn, with retries, and with errors that say what to do. */
export class BucketRequests {
  readonly #name: string;
  readonly #settings: S3Settings;
  readonly #runner: RequestRunner;
  #open: Promise<OpenClient> | undefined;

  constructor(name: string, settings: S3Settings) {
    this.#name = name;
    this.#settings = settings;
    this.#runner = new RequestRunner(settings, new RequestTurns(settings.concurrency));
  }

  /**
   * Runs attempts of a request until one succeeds, with a client that is opened for the first. Rejects with
   * {@link BucketError}, with what the answer itself was found to be, or with the reason of the caller's signal.
   */
  async run<T>(
    operation: string,
    urgency: Urgency,
    attempt: (open: OpenClient, signal: AbortSignal) => Promise<T>,
    outer?: AbortSignal,
    demanded?: AbortSignal,
  ): Promise<T> {
    const open = await this.#opened();
    try {
      return await this.#runner.run(operation, urgency, (signal) => attempt(open, signal), outer, demanded);
    } catch (error) {
      if (outer?.aborted) throw outer.reason;
      if (isZarrCacheError(error, "SourceChangedError", "NotZarrError", "DamagedBytesError")) throw error;
      throw error instanceof BucketError ? error : this.error(operation, error);
    }
  }

  /** Closes the client if it was made here. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || this.#settings.client !== undefined) return;
    const { client } = await open.catch(() => ({ client: undefined }));
    if (client !== undefined && "destroy" in client) (client as { destroy(): void }).destroy();
  }

  /** The error of an operation that failed. */
  error(operation: string, error: unknown): BucketError {
    const { endpoint } = this.#settings.clientConfig;
    const shown = typeof endpoint === "string" && codeOf(error) !== undefined ? hostOf(endpoint) : undefined;
    return new BucketError(this.#name, operation, reasonOf(error, shown), error);
  }

  #opened(): Promise<OpenClient> {
    const { client, clientConfig, concurrency } = this.#settings;
    this.#open ??= loadS3().then((s3) => ({
      s3,
      client: client === undefined ? makeClient(s3, clientConfig, concurrency) : givenClient(client),
    }));
    this.#open.catch(() => {
      this.#open = undefined;
    });
    return this.#open;
  }
}

/** An endpoint without what may be secret in it: user, password, query. */
function hostOf(endpoint: string): string | undefined {
  try {
    const { protocol, host } = new URL(endpoint);
    return `${protocol}//${host}`;
  } catch {
    return undefined;
  }
}
