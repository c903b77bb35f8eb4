export type { Allowed } from "../allowed.ts";
export { type QueueEvaluator, type QueueOptions, queue } from "./queue.ts";
export type { QueueLocation } from "./queue-location.ts";
export { type QueueWorker, type ServedChunk, type ServeQueueOptions, serveQueue } from "./serve-queue.ts";
