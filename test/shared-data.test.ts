import { existsSync } from "node:fs";
import { afterEach, expect, it, vi } from "vitest";
import { unpackSharedData } from "./support/shared-data.ts";
import { temporaryDirectory } from "./support/temporary-directory.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

it("answers undefined where the full data are not at hand", async () => {
  vi.stubEnv("ZARR_CACHE_DATA", await temporaryDirectory());
  expect(unpackSharedData()).toBeUndefined();
});

it("unpacks what it is asked for, and takes it away again", () => {
  const data = unpackSharedData(["coads_blosc.zarr"]);
  // Without the full data there is nothing to unpack, and the test above says what happens then.
  if (!data) return;
  expect(existsSync(`${data.root}/coads_blosc.zarr/.zmetadata`)).toBe(true);
  expect(existsSync(`${data.root}/navy_winds_blosc.zarr`)).toBe(false);
  data.remove();
  expect(existsSync(data.root)).toBe(false);
});
