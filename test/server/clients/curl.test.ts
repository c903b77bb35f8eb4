import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { fixture } from "../../support/data-sets.ts";
import { ensureDebianPackages } from "../../support/debian-package.ts";
import { serveFixtures } from "./support/served-fixtures.ts";

const run = promisify(execFile);
const SHARDED = "navy_winds_sharded_v3.zarr";

let isThere = false;
beforeAll(async () => {
  isThere = await ensureDebianPackages("curl");
}, 300_000);

/** What curl gets: the status, the headers by their names in small letters, and the bytes. */
async function curl(...args: string[]) {
  const all = ["--silent", "--include", "--noproxy", "*", ...args];
  const { stdout } = await run("curl", all, { encoding: "buffer", maxBuffer: 2 ** 26 });
  const end = stdout.indexOf("\r\n\r\n");
  const [first = "", ...lines] = stdout.subarray(0, end).toString().split("\r\n");
  return {
    status: Number(first.split(" ")[1]),
    headers: Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(":")).toLowerCase(),
        line.slice(line.indexOf(":") + 2),
      ]),
    ),
    body: stdout.subarray(end + 4),
  };
}

it("gives curl values, ranges and conditional answers, and asks the source once for each", async (test) => {
  test.skip(!isThere, "curl cannot be installed here");
  const { origin, stores } = await serveFixtures([SHARDED]);
  const expected = await readFile(join(fixture(SHARDED).directory, "UWND/c/0/0/0"));
  const url = `${stores[0]?.url}/UWND/c/0/0/0`;
  const size = String(expected.byteLength);

  const index = await curl("--range", "-200", url);
  expect([index.status, index.body.equals(expected.subarray(-200))]).toEqual([206, true]);
  const first = await curl(url);
  expect([first.status, first.body.equals(expected)]).toEqual([200, true]);
  expect(first.headers["cache-status"]).toBe("zarr-cache; fwd=miss; stored");
  expect(origin.requests).toHaveLength(2);

  const again = await curl(url);
  expect([again.body.equals(expected), again.headers["content-length"]]).toEqual([true, size]);
  expect(again.headers["cache-status"]).toMatch(/^zarr-cache; hit/);
  const head = await curl("--head", url);
  expect([head.status, head.headers["content-length"], head.body.byteLength]).toEqual([200, size, 0]);
  const part = await curl("--range", "1000-2999", url);
  expect([part.status, part.body.equals(expected.subarray(1000, 3000))]).toEqual([206, true]);
  expect(part.headers["content-range"]).toBe(`bytes 1000-2999/${size}`);
  const unchanged = await curl("--header", `If-None-Match: ${first.headers["etag"]}`, url);
  expect([unchanged.status, unchanged.body.byteLength]).toEqual([304, 0]);
  const behind = await curl("--range", `${size}-`, url);
  expect([behind.status, behind.headers["content-range"]]).toEqual([416, `bytes */${size}`]);
  expect(origin.requests).toHaveLength(2);
});
