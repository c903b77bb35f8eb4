import type { Timers } from "../clock.ts";
import { parseHttpDate } from "./http-date.ts";

/**
 * Milliseconds to wait before the n-th retry, counted from 1: anything up to a bound that doubles each time
 * ("full jitter"), so that clients that failed together do not come back together.
 */
export function backoff(retry: number, first: number, longest: number, random: () => number): number {
  return random() * Math.min(longest, first * 2 ** (retry - 1));
}

/** Reads `Retry-After` (RFC 9110 §10.2.3), seconds or a date, as milliseconds from now. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = parseHttpDate(header, now);
  return date === undefined ? undefined : Math.max(0, date - now);
}

/** Waits so many milliseconds; rejects with the signal's reason when it aborts. */
export function pause(milliseconds: number, timers: Timers, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const leave = () => {
      timers.clear(timer);
      reject(signal.reason as Error);
    };
    const timer = timers.set(() => {
      signal.removeEventListener("abort", leave);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", leave, { once: true });
  });
}
