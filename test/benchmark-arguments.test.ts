import { expect, it } from "vitest";
import { readArguments, usage } from "../benchmarks/frame/arguments.ts";

const known = ["memory-hit", "policy"];

it("reads which benchmarks to run and how often", () => {
  expect(readArguments([], known)).toEqual({ names: [], rounds: 7, quick: false, write: false });
  const asked = { names: ["policy"], rounds: 3, quick: false, write: true };
  expect(readArguments(["policy", "--rounds", "3", "--write"], known)).toEqual(asked);
  expect(readArguments(["--quick"], known)).toMatchObject({ rounds: 1, quick: true });
});

it("explains itself", () => {
  expect(readArguments(["--help"], known)).toBe("help");
  expect(usage(known)).toContain("--rounds N");
  expect(usage(known)).toContain("There are: memory-hit, policy.");
});

it.each([
  [["memoryhit"], "No benchmark memoryhit. There are: memory-hit, policy."],
  [["--rounds", "0"], "--rounds is a whole number from 1 on, not 0."],
  [["--rounds", "few"], "--rounds is a whole number from 1 on, not few."],
  [["--slow"], "Unknown option '--slow'"],
])("says in a line what is wrong with %j", (argv, text) => {
  expect(() => readArguments(argv, known)).toThrow(text);
});
