export type { DuplicableClient } from "./connection.ts";
export { RedisBudgetLedger, type RedisBudgetLedgerOptions } from "./redis-budget-ledger.ts";
export { RedisError, type RedisErrorReason } from "./redis-error.ts";
export type { RedisStoreIndexOptions } from "./redis-index-options.ts";
export { RedisStoreIndex } from "./redis-store-index.ts";
