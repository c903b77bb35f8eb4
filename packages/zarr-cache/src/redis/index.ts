export type { DuplicableClient } from "./connection.ts";
export { RedisError, type RedisErrorReason } from "./redis-error.ts";
export type { RedisStoreIndexOptions } from "./redis-index-options.ts";
export { RedisStoreIndex } from "./redis-store-index.ts";
