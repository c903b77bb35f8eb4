import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from "vitest/node";

/**
 * Ends a run with one plain line that a program can read, `12 passed, 0 failed, 1 skipped`, and under `CI` fails a
 * run that skipped anything, naming each skipped test: a skip is a check that nobody sees missing.
 *
 * A file or suite that could not run, and an error outside any test, each count as one failure.
 */
export class SummaryReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly unknown[],
    _reason: TestRunEndReason,
  ): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state);
    const skipped = inState("skipped");
    const passed = inState("passed").length;
    const failed = inState("failed").length + countBrokenSuites(modules) + unhandledErrors.length;

    // Tests left out by `-t` are skipped on request.
    if (process.env["CI"] && skipped.length > 0 && !this.#vitest?.config.testNamePattern) {
      process.exitCode = 1;
      console.error("No test may be skipped in CI. Skipped:");
      for (const test of skipped) console.error(`  ${test.module.relativeModuleId} > ${test.fullName}`);
    }
    const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
    console.log(`${passed} passed, ${failed} failed${tail}`);
  }
}

/** Counts the files and suites that failed outside their tests: at import, at collection or in a hook. */
function countBrokenSuites(modules: readonly TestModule[]): number {
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  return suites.filter((suite) => suite.errors().length > 0).length;
}
