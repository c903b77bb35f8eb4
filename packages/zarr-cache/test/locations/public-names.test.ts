import { expect, it } from "vitest";
import * as entry from "../../src/locations/index.ts";

it("exports what is listed here and nothing else", () => {
  expect(Object.keys(entry).sort()).toEqual(["LocatedStoreOpener", "drainLocation"]);
});
