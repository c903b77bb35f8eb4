/** What a contract suite needs of a test runner: vitest, node:test, mocha and jest all have it. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}
