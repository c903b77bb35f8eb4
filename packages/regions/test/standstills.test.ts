import { expect, it } from "vitest";
import { Standstills } from "../src/log/standstills.ts";

it("counts from when a log was first seen behind, until it comes on", () => {
  const standstills = new Standstills();
  expect(standstills.note("a", 5, 9, 1000)).toBe(0);
  expect(standstills.note("a", 5, 12, 4000)).toBe(3000);
  expect(standstills.note("a", 6, 12, 5000)).toBe(0);
  expect(standstills.note("a", 6, 12, 7000)).toBe(2000);
});

it("counts nothing of a log that is in step, or of which nobody tells", () => {
  const standstills = new Standstills();
  expect(standstills.note("a", 5, 9, 1000)).toBe(0);
  expect(standstills.note("a", 5, 0, 2000)).toBe(0);
  expect(standstills.note("a", 5, 9, 9000)).toBe(0);
  expect(standstills.note("a", 9, 9, 9500)).toBe(0);
  expect(standstills.note("b", 1, 1, 9500)).toBe(0);
});

it("counts nothing backwards where a clock is set back", () => {
  const standstills = new Standstills();
  standstills.note("a", 5, 9, 5000);
  expect(standstills.note("a", 5, 9, 1000)).toBe(0);
});
