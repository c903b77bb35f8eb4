import { beforeAll, describe, expect, it } from "vitest";
import { ensureDebianPackages } from "../../support/debian-package.ts";
import type { Client } from "./support/client.ts";
import { gdal } from "./support/gdal.ts";
import { xarray, zarrPython } from "./support/python.ts";
import { serveFixtures, valuesOf } from "./support/served-fixtures.ts";
import { zarrita, zarritaBySuffix } from "./support/zarrita.ts";

const CLIENTS: readonly Client[] = [zarrita, zarritaBySuffix, zarrPython, xarray, gdal];

describe.each(CLIENTS)("$name", (client) => {
  let isThere = false;
  beforeAll(async () => {
    isThere = client.packages.length === 0 || (await ensureDebianPackages(...client.packages));
  }, 300_000);

  it("reads every value of real data, the second time without a request to the source", async (test) => {
    test.skip(!isThere, `${client.packages.join(", ")} cannot be installed here`);
    const { origin, stores } = await serveFixtures(client.fixtures);
    const expected = valuesOf(client.fixtures);
    expect(await client.read(stores)).toEqual(expected);
    const first = origin.requests.length;
    expect(first).toBeGreaterThan(0);
    expect(await client.read(stores)).toEqual(expected);
    expect(
      origin.requests.slice(first).map(({ method, path, headers }) => [method, path, headers.range]),
    ).toEqual([]);
  });
});
