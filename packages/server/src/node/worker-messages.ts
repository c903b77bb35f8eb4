/** What the first process tells its workers. */
export type ToWorker = { readonly type: "reload" } | { readonly type: "close" };

/** What a worker tells the first process. */
export type FromWorker =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "failed"; readonly message: string };
