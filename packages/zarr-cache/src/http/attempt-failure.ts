/** Why one request failed, and whether another may do better. Never leaves `zarr-cache/http`. */
export class AttemptFailure extends Error {
  readonly status: number | undefined;
  readonly retry: boolean;
  /** Milliseconds that the server asks us to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    reason: string,
    how: { readonly retry: boolean; readonly status?: number; readonly retryAfter?: number | undefined },
    options?: ErrorOptions,
  ) {
    super(reason, options);
    this.name = "AttemptFailure";
    this.status = how.status;
    this.retry = how.retry;
    this.retryAfter = how.retryAfter;
  }
}
