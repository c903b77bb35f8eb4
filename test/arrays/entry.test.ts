import { expect, it } from "vitest";
import { bundledImports } from "../support/bundled-imports.ts";

it("bundles for a browser with its dependencies alone left to import, and never zarr-cache", async () => {
  const { imported, undeclared } = await bundledImports("arrays");
  expect(undeclared).toEqual([]);
  expect(imported).not.toContain("zarr-cache");
});
