/** What the first process tells its workers. */
export type ToWorker = { readonly type: "reload" } | { readonly type: "close" } | Posted;

/** What one worker tells the others. */
export interface Posted {
  readonly type: "posted";
  readonly topic: string;
  readonly data: unknown;
  readonly from: number;
}

/** What a worker tells the first process. */
export type FromWorker =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "failed"; readonly message: string }
  | Posted;
