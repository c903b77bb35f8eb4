export type { StorageFixture, StorageSuite, StorageTestOptions } from "./cache-storage/fixture.ts";
export { ContractError } from "./check.ts";
export { checkInvariants } from "./check-invariants.ts";
export { countingSource, type SourceRecord, type SourceRequest } from "./counting-source.ts";
export { type Deferred, deferred } from "./deferred.ts";
export {
  describeBudgetLedger,
  type LedgerFixture,
  type LedgerSuite,
  type LedgerTestOptions,
} from "./describe-budget-ledger.ts";
export { describeCacheStorage } from "./describe-cache-storage.ts";
export { describeStoreIndex } from "./describe-store-index.ts";
export { describeStoreOpener } from "./describe-store-opener.ts";
export { type FakeClock, fakeClock } from "./fake-clock.ts";
export {
  type Fault,
  type FaultKind,
  type FaultPlan,
  type FaultyCall,
  faultPlan,
  InjectedFault,
} from "./fault-plan.ts";
export { faultyIndex } from "./faulty-index.ts";
export { faultyOpener } from "./faulty-opener.ts";
export { faultySource } from "./faulty-source.ts";
export type { ReadableSource } from "./readable-source.ts";
export { type ReplayOptions, replayStoreIndex } from "./replay-store-index.ts";
export type { IndexFixture, IndexSuite, IndexTestOptions } from "./store-index/fixture.ts";
export type { OpenerFixture, OpenerSuite } from "./store-opener/fixture.ts";
export type { TestRunner } from "./test-runner.ts";
