import { absenceTests } from "./store-opener/absence-tests.ts";
import { type OpenerSuite, openerTests } from "./store-opener/fixture.ts";
import { placeTests } from "./store-opener/place-tests.ts";
import { rangeTests } from "./store-opener/range-tests.ts";
import { valueTests } from "./store-opener/value-tests.ts";

/** Declares the tests that every `StoreOpener` passes. Uses nothing but the contract. */
export function describeStoreOpener(name: string, suite: OpenerSuite): void {
  const test = openerTests(suite);
  suite.describe(`${name} keeps the contract of StoreOpener`, () => {
    suite.describe("values", () => valueTests(test));
    suite.describe("ranges", () => rangeTests(test));
    suite.describe("absence", () => absenceTests(test));
    suite.describe("place", () => placeTests(test));
  });
}
