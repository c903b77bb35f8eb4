import { onAbort } from "../abort-listeners.ts";
import type { Timers } from "../clock.ts";
import { DeadlineError, isZarrCacheError } from "../errors.ts";
import { backoff, parseRetryAfter, pause } from "../http/backoff.ts";
import { parseHttpDate } from "../http/http-date.ts";
import { RetryBudget } from "../http/retry-budget.ts";
import { codeOf, statusOf } from "./bucket-error.ts";
import { WrongAnswerError } from "./object-body.ts";
import type { RequestTurns, Urgency } from "./request-turns.ts";

/** What a {@link RequestRunner} is bounded by. */
export interface RequestBounds {
  /** Milliseconds that one attempt may take, its body included. */
  readonly timeout: number;
  /** Milliseconds that a request may take with its waiting and all its attempts. */
  readonly deadline: number;
  /** How often a request is tried again. */
  readonly retries: number;
  /** Retries that all requests may have taken at once without a success that brings them back. */
  readonly retryBudget: number;
  readonly timers: Timers;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;
/** A server that asks for a longer pause than this is not asked again. */
const LONGEST_WISH = 20_000;
const PASSING_CODES = new Set([
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "RequestTimeout",
  "TimeoutError",
  "ECONNRESET",
  "ECONNREFUSED",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
]);

/**
 * Runs requests in turn, each attempt with its own time limit, and repeats those whose failure may pass: throttling,
 * 5xx, broken connections, no answer in time. Pauses are random between 0 and a bound that doubles ("full jitter",
 * M. Brooker, "Exponential Backoff And Jitter", 2015), so that clients that failed together do not return together; where
 * the server says when to come back (`Retry-After`), not before that. Retries have a budget besides.
 *
 * Everything that is sent can be repeated: names are unique, and a name is written with the same bytes each time.
 */
export class RequestRunner {
  readonly #bounds: RequestBounds;
  readonly #turns: RequestTurns;
  readonly #budget: RetryBudget;

  constructor(bounds: RequestBounds, turns: RequestTurns) {
    this.#bounds = bounds;
    this.#turns = turns;
    this.#budget = new RetryBudget(bounds.retryBudget);
  }

  /**
   * Runs attempts until one succeeds; rejects with the failure of the last, with {@link DeadlineError}, or with the
   * reason of the caller's signal. `demanded`: see {@link RequestTurns.take}.
   */
  async run<T>(
    what: string,
    urgency: Urgency,
    attempt: (signal: AbortSignal) => Promise<T>,
    outer?: AbortSignal,
    demanded?: AbortSignal,
  ): Promise<T> {
    outer?.throwIfAborted();
    const { timeout, deadline, retries, timers, random } = this.#bounds;
    let failure: unknown;
    const repeat = async (signal: AbortSignal): Promise<T> => {
      for (let tried = 0; ; tried++) {
        try {
          const once = () => this.#within(what, timeout, attempt, signal);
          const result = await this.#turns.take(urgency, signal, once, demanded);
          this.#budget.succeeded(tried);
          return result;
        } catch (error) {
          const wish = retryAfterOf(error);
          if (tried >= retries || signal.aborted || !mayPass(error) || wish > LONGEST_WISH) throw error;
          if (!this.#budget.take()) throw error;
          failure = error;
          const wait = backoff(tried + 1, FIRST_PAUSE, LONGEST_PAUSE, random);
          await pause(Math.max(wait, wish), timers, signal);
        }
      }
    };
    try {
      return await this.#within(what, deadline, repeat, outer);
    } catch (error) {
      // What went wrong tells more than that it took too long.
      throw isZarrCacheError(error, "DeadlineError") ? (failure ?? error) : error;
    }
  }

  /** Gives work a signal that aborts after some time, or with an outer one, and does not wait for it any longer. */
  async #within<T>(
    what: string,
    milliseconds: number,
    work: (signal: AbortSignal) => Promise<T>,
    outer?: AbortSignal,
  ): Promise<T> {
    const { timers } = this.#bounds;
    const stop = new AbortController();
    const stopped = new Promise<never>((_, reject) => {
      stop.signal.addEventListener("abort", () => reject(stop.signal.reason as Error), { once: true });
    });
    const leave = () => stop.abort(outer?.reason);
    const timer =
      milliseconds === Number.POSITIVE_INFINITY
        ? undefined
        : timers.set(() => stop.abort(new DeadlineError(what, milliseconds)), milliseconds);
    const unfollow = outer && onAbort(outer, leave);
    try {
      return await Promise.race([work(stop.signal), stopped]);
    } finally {
      if (timer !== undefined) timers.clear(timer);
      unfollow?.();
    }
  }
}

/** Whether the same request may succeed a little later. */
function mayPass(error: unknown): boolean {
  if (isZarrCacheError(error, "DeadlineError")) return true;
  if (error instanceof WrongAnswerError) return error.mayPass;
  const status = statusOf(error);
  if (status === 429 || (status !== undefined && status >= 500 && status !== 501)) return true;
  return PASSING_CODES.has(codeOf(error) ?? "");
}

/** Milliseconds that a server asks to be left alone, by seconds or by its own clock. */
function retryAfterOf(error: unknown): number {
  const { $response } = Object(error) as { $response?: { headers?: Readonly<Record<string, string>> } };
  const { "retry-after": header = null, date = null } = $response?.headers ?? {};
  const wish = parseRetryAfter(header, parseHttpDate(date, 0) ?? Number.NaN);
  return wish === undefined || Number.isNaN(wish) ? 0 : wish;
}
