export { ContractError } from "./check.ts";
export { type Deferred, deferred } from "./deferred.ts";
export { describeStoreIndex } from "./describe-store-index.ts";
export { describeStoreOpener, type OpenerFixture, type OpenerSuite } from "./describe-store-opener.ts";
export { type FakeClock, fakeClock } from "./fake-clock.ts";
export type { IndexFixture, IndexSuite, IndexTestOptions } from "./store-index/fixture.ts";
export type { TestRunner } from "./test-runner.ts";
