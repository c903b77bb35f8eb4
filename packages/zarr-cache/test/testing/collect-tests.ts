import type { TestRunner } from "../../src/testing/index.ts";

/** Runs the one test of a suite that has this title; answers why it failed, or nothing when it passed. */
export async function verdictOf(
  declare: (runner: TestRunner) => void,
  title: string,
): Promise<string | undefined> {
  const found: (() => Promise<void>)[] = [];
  declare({
    describe: (_name, body) => body(),
    it: (name, body) => {
      if (name === title) found.push(body);
    },
  });
  const [test] = found;
  if (test === undefined || found.length > 1) throw new Error(`${found.length} tests are called "${title}"`);
  try {
    await test();
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
