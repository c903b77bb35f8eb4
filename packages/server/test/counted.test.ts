import { expect, it } from "vitest";
import { counted } from "../src/counted.ts";

it.each([
  [counted(0, "key"), "0 keys"],
  [counted(1, "key"), "1 key"],
  [counted(2, "key"), "2 keys"],
  [counted(1, "entry", "entries"), "1 entry"],
  [counted(2, "entry", "entries"), "2 entries"],
])("says %s", (said, expected) => {
  expect(said).toBe(expected);
});
