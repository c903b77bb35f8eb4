export { type ParallelEvaluator, type ParallelOptions, parallel } from "./parallel.ts";
export { serveEvaluations } from "./serve-evaluations.ts";
export type { WorkerKind } from "./worker-channel.ts";
