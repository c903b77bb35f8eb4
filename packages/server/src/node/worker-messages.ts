/** What the first process tells its workers. */
export type ToWorker =
  | { readonly type: "reload" }
  | { readonly type: "close" }
  /** A worker has ended, in whichever way. */
  | { readonly type: "ended"; readonly process: number }
  | Heard
  | Posted;

/** What one worker tells the others. */
export interface Posted {
  readonly type: "posted";
  readonly topic: string;
  readonly data: unknown;
  readonly from: number;
  /** Names it among those of its worker, where that waits until the others have heard it. */
  readonly number?: number;
}

/** A post was heard: by one worker, as that tells the first process, or by all, as whoever had posted it is told. */
export interface Heard {
  readonly type: "heard";
  /** Whose post, and which. */
  readonly from: number;
  readonly number: number;
}

/** What a worker tells the first process. */
export type FromWorker =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "failed"; readonly message: string }
  | Heard
  | Posted;
