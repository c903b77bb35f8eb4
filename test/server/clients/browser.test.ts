import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { fixture } from "../../support/data-sets.ts";
import { ensureDebianPackages } from "../../support/debian-package.ts";
import { startFetchServer } from "../../support/fetch-server.ts";
import { openPage } from "./support/chromium.ts";
import type {} from "./support/page.ts";
import { serveFixtures } from "./support/served-fixtures.ts";

let isThere = false;
beforeAll(async () => {
  isThere = await ensureDebianPackages("chromium");
}, 600_000);

const PAGE =
  "<!doctype html><title>reader</title><link rel=icon href='data:,'><script src=/page.js></script>";

/** Serves the page from an origin of its own. */
async function servePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("support/page.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
  });
  const script = outputFiles[0]?.text ?? "";
  const { url, close } = await startFetchServer(async (request) =>
    new URL(request.url).pathname === "/page.js"
      ? new Response(script, { headers: { "content-type": "text/javascript" } })
      : new Response(PAGE, { headers: { "content-type": "text/html" } }),
  );
  onTestFinished(close);
  return url;
}

it("lets a page of another origin read arrays with zarrita, and asks the source once", async (test) => {
  test.skip(!isThere, "chromium cannot be installed here");
  const { origin, stores } = await serveFixtures(["coads_blosc.zarr", "navy_winds_sharded_v3.zarr"]);
  const elsewhere = await servePage();
  /** In a browser of its own, which has nothing in its own cache. */
  const readAll = async () => {
    const { page, complaints } = await openPage(elsewhere);
    for (const { name, url, arrays } of stores)
      for (const array of arrays)
        expect(await page.evaluate(hash, [name.includes("v3") ? 3 : 2, url, array] as const)).toBe(
          fixture(name).arrays[array]?.sha256,
        );
    expect(complaints).toEqual([]);
    return page;
  };
  await readAll();
  const first = origin.requests.length;
  expect(first).toBeGreaterThan(0);
  const page = await readAll();
  expect(await page.evaluate(partOf, `${stores[0]?.url}/SST/0.0.0`)).toMatchObject({
    status: 206,
    "content-range": expect.stringMatching(/^bytes 0-9\/\d+$/),
    etag: '"v1"',
    "cache-status": expect.stringMatching(/^zarr-cache; hit/),
  });
  expect(origin.requests).toHaveLength(first);
});

const hash = ([version, url, array]: readonly [2 | 3, string, string]) => page.hashArray(version, url, array);

/** `If-Match` is no header that pages may send without asking, so that the browser asks the server first. */
const partOf = (url: string) => page.seen(url, { range: "bytes=0-9", "if-match": "*" });
