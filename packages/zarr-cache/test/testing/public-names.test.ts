import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as testing from "../../src/testing/index.ts";

const FOLDER = join(import.meta.dirname, "../../src/testing");

describe("zarr-cache/testing", () => {
  it("exports what is listed here and nothing else", () => {
    expect(Object.keys(testing).sort()).toEqual([
      "ContractError",
      "InjectedFault",
      "checkInvariants",
      "countingSource",
      "deferred",
      "describeBudgetLedger",
      "describeCacheStorage",
      "describeStoreIndex",
      "describeStoreOpener",
      "fakeClock",
      "faultPlan",
      "faultyIndex",
      "faultyOpener",
      "faultySource",
      "replayStoreIndex",
    ]);
  });

  it("imports nothing that a browser lacks", async () => {
    const files = await readdir(FOLDER, { recursive: true });
    for (const file of files.filter((name) => name.endsWith(".ts"))) {
      const text = await readFile(join(FOLDER, file), "utf8");
      for (const [, from] of text.matchAll(/from "([^"]+)"/g)) {
        expect(from, file).toMatch(/^\.{1,2}\//);
        expect(from, file).not.toMatch(/\/(?:node|disk)\//);
      }
      expect(text, file).not.toMatch(/\b(?:Buffer|process)\./);
    }
  });
});
