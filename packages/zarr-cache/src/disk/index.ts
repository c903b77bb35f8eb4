export { DiskStoreOpener, type DiskStoreOpenerOptions } from "./disk-store-opener.ts";
export { LmdbBudgetLedger, type LmdbBudgetLedgerOptions } from "./lmdb-budget-ledger.ts";
export type { LmdbStoreIndexOptions } from "./lmdb-index-options.ts";
export { LmdbStoreIndex } from "./lmdb-store-index.ts";
