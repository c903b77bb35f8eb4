/** What one request may ask for, and all together. */
export interface Limits {
  /** Longest body of a request, in bytes. */
  readonly maxBodyBytes: number;
}

/** The limits that count where none are set. */
export const DEFAULT_LIMITS: Limits = { maxBodyBytes: 256 * 2 ** 20 };
