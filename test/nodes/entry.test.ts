import { expect, it } from "vitest";
import { bundledImports } from "../support/bundled-imports.ts";

it("bundles for a browser with its dependencies alone left to import", async () => {
  expect((await bundledImports("nodes")).undeclared).toEqual([]);
});
