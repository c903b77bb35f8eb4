/** What one request, one client and all together may ask for. */
export interface Limits {
  /** Longest body of a request, in bytes. */
  readonly maxBodyBytes: number;
  /** Longest URL, in characters. */
  readonly maxUrlBytes: number;
  /** Most requests that are answered at once; more get 503. */
  readonly maxInFlight: number;
  /** Requests a second that one client may send on average; absent = as many as it likes. */
  readonly ratePerSecond?: number | undefined;
  /** Requests beyond that which it may send at once. */
  readonly burst: number;
}

/** The limits that count where none are set. */
export const DEFAULT_LIMITS: Limits = {
  maxBodyBytes: 256 * 2 ** 20,
  maxUrlBytes: 8192,
  maxInFlight: 1024,
  burst: 200,
};
