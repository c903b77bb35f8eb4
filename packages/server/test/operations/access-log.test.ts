import { expect, it } from "vitest";
import { AccessLog } from "../../src/operations/access-log.ts";
import { nodeServer } from "../support/node-server.ts";
import { TaggedSource } from "../support/tagged-source.ts";
import { testServer } from "../support/test-server.ts";

/** Keeps what is logged. */
function recording(share = 1, chances: readonly number[] = []) {
  const lines: Record<string, unknown>[] = [];
  const left = [...chances];
  const log = { debug() {}, warn() {}, error() {}, info: (fields: object) => void lines.push({ ...fields }) };
  const accessLog = new AccessLog({
    log,
    share,
    random: () => left.shift() ?? 1,
    clientAddress: () => "203.0.113.5",
  });
  return { lines, accessLog };
}

const source = () => new TaggedSource().put("/c/0", "0123456789");

it.each([
  ["as a Response", testServer],
  ["over a connection", nodeServer],
])("tells of each request what it was and what became of it, %s", async (_, serve) => {
  const { lines, accessLog } = recording();
  const server = await serve(source(), { accessLog });
  const headers = {
    authorization: "Bearer of-good-news",
    cookie: "a=secret",
    "user-agent": "xarray",
    range: "bytes=0-3",
  };
  await server.ask("/c/0?token=secret");
  await server.ask("/c/0", { headers });
  await server.request("/healthz", { headers });
  if (Symbol.asyncDispose in server) await server[Symbol.asyncDispose]();
  const common = { client: "203.0.113.5", method: "GET", milliseconds: expect.any(Number) };
  expect(lines).toMatchObject([
    { ...common, path: "/stores/data/c/0", status: 200, bytes: 10, cache: "zarr-cache; fwd=miss; stored" },
    { ...common, path: "/stores/data/c/0", status: 206, bytes: 4, range: "bytes=0-3", agent: "xarray" },
    { ...common, path: "/healthz", status: 200 },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/secret|of-good-news/);
});

it("tells of the part that is wanted, and of all that the server failed at", async () => {
  const { lines, accessLog } = recording(0.25, [0.3, 0.2, 0.25]);
  const failing = source();
  const { ask } = testServer(failing, { accessLog });
  for (let time = 0; time < 3; time++) await ask("/c/0");
  failing.failWith("away", 503);
  await ask("/c/1");
  expect(lines.map(({ status }) => status)).toEqual([200, 502]);
});

it("cuts what a client writes", async () => {
  const { lines, accessLog } = recording();
  const { ask } = testServer(source(), { accessLog });
  await ask("/c/0", { headers: { "user-agent": "x".repeat(5000) } });
  expect(lines[0]?.["agent"]).toHaveLength(200);
});
