import { AttemptFailure } from "./attempt-failure.ts";
import { backoff, parseRetryAfter, pause } from "./backoff.ts";
import type { AnswerTimes } from "./cache-control.ts";
import { LinkedAbort, orAbort } from "./linked-abort.ts";
import type { Origin } from "./origin.ts";
import { fetchFollowing, type Sending } from "./redirects.ts";
import type { RequestSettings } from "./request-settings.ts";
import { RetryBudget } from "./retry-budget.ts";

/** One thing that is asked of a server, in as many attempts as it takes. */
export interface Job<T> {
  readonly url: URL;
  readonly method: "GET" | "HEAD";
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  /** See `SourceReadOptions`. */
  readonly demanded?: AbortSignal | undefined;
  /** Whether no answer at all, as against one that says what is wrong, ends the job at once: there is another way. */
  readonly isTrial?: boolean;
  /** Makes of the answer what was asked for, or throws; an {@link AttemptFailure} may be tried again. */
  take(response: Response, attempt: Attempt): Promise<T>;
}

/** The attempt that an answer belongs to. */
export interface Attempt extends AnswerTimes {
  readonly signal: AbortSignal;
  /** Bytes have come: waits for the next from now on. */
  onProgress(): void;
}

/** What came of a {@link Job}, or why nothing did. */
export interface JobFailure {
  readonly failure: AttemptFailure;
  readonly attempts: number;
}

/** Sends requests to one server: in turn, each within its time, and again where that may help. */
export class HttpRequests {
  readonly #settings: RequestSettings;
  readonly #origin: Origin;
  readonly #budget: RetryBudget;
  readonly #authorization: string | undefined;

  constructor(settings: RequestSettings, origin: Origin, authorization: string | undefined) {
    this.#settings = settings;
    this.#origin = origin;
    this.#budget = new RetryBudget(settings.retries.budget);
    this.#authorization = authorization;
  }

  /** Runs a job. `fail` makes the error that is thrown when it failed for good; an abort throws the signal's reason. */
  async run<T>(job: Job<T>, fail: (failure: JobFailure) => Error): Promise<T> {
    const { timers, timeouts, retries } = this.#settings;
    const whole = new LinkedAbort(job.signal, timers);
    whole.within(timeouts.total, () =>
      tooSlow(`it took longer than ${timeouts.total} ms in all`, "total", false),
    );
    try {
      for (let attempts = 1; ; attempts++) {
        try {
          const taken = await this.#attempt(job, whole.signal);
          this.#budget.succeeded(attempts - 1);
          return taken;
        } catch (error) {
          if (job.signal?.aborted) throw job.signal.reason;
          if (!(error instanceof AttemptFailure)) throw error;
          const wait = backoff(attempts, retries.firstDelay, retries.longestDelay, this.#settings.random);
          const isLast =
            !error.retry || attempts >= retries.attempts || (job.isTrial && error.status === undefined);
          const isTooLong = (error.retryAfter ?? 0) > retries.longestDelay;
          if (isLast || isTooLong || !this.#budget.take())
            throw fail({ failure: isTooLong ? untilThen(error) : error, attempts });
          try {
            await pause(Math.max(wait, error.retryAfter ?? 0), timers, whole.signal);
          } catch (reason) {
            throw reason instanceof AttemptFailure ? fail({ failure: reason, attempts }) : reason;
          }
        }
      }
    } finally {
      whole.unlink();
    }
  }

  async #attempt<T>(job: Job<T>, signal: AbortSignal): Promise<T> {
    const { clock, timers, timeouts, concurrency, slices } = this.#settings;
    await this.#origin.slots.take(concurrency, signal, job.demanded);
    const abort = new LinkedAbort(signal, timers);
    // Node follows the signal of a Request only while the Request is there, which nobody else sees to.
    const sent: Request[] = [];
    const stalled = () => tooSlow(`no byte came for ${timeouts.stall} ms`, "stall", true);
    try {
      await slices.take();
      const sentAt = clock();
      abort.within(timeouts.firstByte, () =>
        tooSlow(`no answer came within ${timeouts.firstByte} ms`, "firstByte", true),
      );
      const response = await fetchFollowing(job.url, this.#sending(job, abort.signal, sent));
      const onProgress = () => abort.within(timeouts.stall, stalled);
      onProgress();
      const receivedAt = clock();
      await slices.take();
      return await job.take(response, { signal: abort.signal, sentAt, receivedAt, onProgress });
    } catch (error) {
      // Whoever aborted knows why; what the platform makes of it says less.
      const failure = abort.signal.aborted ? (abort.signal.reason as Error) : error;
      // Ends what is left of the request, its body too.
      abort.abort(failure as Error);
      if (signal.aborted || failure instanceof AttemptFailure || !isOfNetwork(failure)) throw failure;
      throw new AttemptFailure(
        `the connection failed: ${innermost(failure)}`,
        { retry: true },
        { cause: failure },
      );
    } finally {
      sent.length = 0;
      abort.unlink();
      this.#origin.slots.free();
    }
  }

  #sending<T>(job: Job<T>, signal: AbortSignal, sent: Request[]): Sending {
    const { fetch, headers, sign, redirects } = this.#settings;
    return {
      fetch,
      policy: redirects,
      signal,
      hasSecrets: sign !== undefined || this.#authorization !== undefined || Object.keys(headers).length > 0,
      request: async (url, own, redirect) => {
        const all = new Headers(own ? headers : {});
        if (own && this.#authorization !== undefined && !all.has("authorization"))
          all.set("authorization", this.#authorization);
        for (const [name, value] of Object.entries(job.headers)) all.set(name, value);
        const plain = new Request(url, { method: job.method, headers: all, redirect, signal });
        const request = own && sign !== undefined ? await signed(plain, sign, redirect, signal) : plain;
        sent.push(request);
        return request;
      },
    };
  }
}

async function signed(
  plain: Request,
  sign: NonNullable<RequestSettings["sign"]>,
  redirect: RequestRedirect,
  signal: AbortSignal,
): Promise<Request> {
  try {
    return new Request(await orAbort(Promise.resolve(sign(plain)), signal), { redirect, signal });
  } catch (cause) {
    // Credentials often come over the network as well.
    throw new AttemptFailure(
      `\`sign\` failed: ${innermost(cause)}`,
      { retry: isOfNetwork(cause) },
      { cause },
    );
  }
}

/** A failure of a status, with what the server says about when to come back. */
export function statusFailure(
  response: Response,
  reason: string,
  retry: boolean,
  now: number,
): AttemptFailure {
  return new AttemptFailure(reason, {
    retry,
    status: response.status,
    retryAfter: retry ? parseRetryAfter(response.headers.get("retry-after"), now) : undefined,
  });
}

/** The same failure, with the pause that the server asks for and that is longer than any. */
function untilThen({ message, status, retryAfter = 0 }: AttemptFailure): AttemptFailure {
  const asked = `${message}; it asks to come back in ${Math.ceil(retryAfter / 1000)} s, which is more than \`retries.longestDelay\``;
  return new AttemptFailure(asked, { retry: false, ...(status !== undefined && { status }) });
}

function tooSlow(reason: string, option: string, retry: boolean): AttemptFailure {
  return new AttemptFailure(`${reason}; raise \`timeouts.${option}\` if that is to be expected`, { retry });
}

/** What `fetch` and its bodies reject with; anything else is a mistake or a verdict, and not tried again. */
function isOfNetwork(error: unknown): boolean {
  return (
    error instanceof Error && (error instanceof TypeError || "code" in error || error.name === "NetworkError")
  );
}

/** The message at the bottom: `fetch failed` hides the reason in its cause. */
function innermost(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message || inner.name : String(inner);
}
