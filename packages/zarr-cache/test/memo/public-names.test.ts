import { expect, it } from "vitest";
import * as entry from "../../src/memo/index.ts";

it("exports what is listed here and nothing else", () => {
  expect(Object.keys(entry).sort()).toEqual([
    "ResultStore",
    "athenaResult",
    "computeResult",
    "lruCache",
    "memo",
    "sqlResult",
  ]);
});
