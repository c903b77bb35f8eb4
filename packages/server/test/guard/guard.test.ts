import { createApp, DEFAULT_LIMITS } from "@zarr-cache/server";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deferred, fakeClock } from "zarr-cache/testing";
import { knownHosts } from "../../src/guard/known-hosts.ts";
import { wrongTarget } from "../../src/guard/request-target.ts";
import { clientOf } from "../../src/guard/token-buckets.ts";
import { testContext } from "../support/test-context.ts";
import { testServer } from "../support/test-server.ts";

const VALUES = new Map([["/c/0", Uint8Array.of(1)]]);

describe("the target of a request", () => {
  it.each([
    "/stores/a/../b",
    "/stores/a/..",
    "/./stores",
    "/stores/a/%2e%2e/b",
    "/stores/a/%2E./b",
    "/stores/a/.%2e%2fb",
    "/stores/a/%252e%252e/b",
    "/stores/a/..%2fb",
    "/stores\\a",
    "/stores/a%5cb",
    "/stores/a%255cb",
    "/stores/a%00",
    "/stores/a\u0000",
    "/stores/a b",
    "/stores/é",
    "*",
    "example.org:443",
    "stores/a",
    "ftp://host/stores",
  ])("%j is refused", (target) => {
    expect(wrongTarget(target)).toBeTypeOf("string");
  });

  it.each([
    "/stores/a/b",
    "/stores/a/.zarray",
    "/stores/a/..b",
    "/stores/a/b..",
    "/stores/a/%20/0.0",
    "/stores/a/100%25",
    "/?path=../x",
    "http://host/stores/a",
  ])("%j is taken", (target) => {
    expect(wrongTarget(target)).toBeUndefined();
  });

  it("is judged by its path alone, however plain it is", () => {
    const pieces = ["/", ".", "..", "a", "%2e", "%2F", "%5c", "-", "~", "_", "\\", "#"];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (some) => {
        const target = `/${some.join("")}`;
        expect(wrongTarget(target)).toBe(wrongTarget(`${target}?x`));
      }),
    );
  });

  it("is of a bounded length: RFC 9110 §15.5.15", async () => {
    const { ask } = testServer(VALUES, { limits: { ...DEFAULT_LIMITS, maxUrlBytes: 300 } });
    expect((await ask(`/${"x".repeat(300)}`)).status).toBe(414);
    expect((await ask(`/${"x".repeat(200)}`)).status).toBe(404);
  });
});

describe("pages of other sites", () => {
  const asked = (name: string) =>
    testServer(VALUES, { hosts: knownHosts("127.0.0.1", ["zarr.example"]) }).request(
      `http://${name}/stores/data/c/0`,
    );

  it("cannot give this machine another name: RFC 9110 §7.4", async () => {
    for (const name of ["rebound.example", "127.0.0.1.rebound.example", "localhost.rebound.example:5000"])
      expect((await asked(name)).status).toBe(421);
    for (const name of ["localhost:5000", "127.0.0.1", "[::1]:5000", "zarr.example", "ZARR.example:80"])
      expect((await asked(name)).status).toBe(200);
  });

  it("are not told from others where the server is for a network", () => {
    expect(knownHosts("0.0.0.0", [])).toBeUndefined();
    expect(knownHosts("0.0.0.0", ["zarr.example"])?.has("zarr.example")).toBe(true);
  });

  it("read what CORS allows, and change nothing without a token", async () => {
    const server = testServer(new Map(VALUES), { served: { writable: true } });
    const from = (site: string, more: Record<string, string> = {}) => ({
      method: "PUT",
      body: "x",
      headers: { "sec-fetch-site": site, ...more },
    });
    expect((await server.ask("/c/0", from("cross-site"))).status).toBe(403);
    expect((await server.ask("/c/0", from("same-site"))).status).toBe(403);
    expect((await server.ask("/c/0", from("same-origin"))).status).toBe(204);
    expect((await server.ask("/c/0", from("cross-site", { authorization: "Bearer x" }))).status).toBe(204);
    expect((await server.ask("/c/0", { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(200);
  });
});

describe("too many requests", () => {
  it("of one client are told when to come back: RFC 6585 §4", async () => {
    const clock = fakeClock();
    const limits = { ...DEFAULT_LIMITS, ratePerSecond: 2, burst: 3 };
    const { ask, request } = testServer(VALUES, { limits, ticking: clock });
    const statuses = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => ask("/c/0")));
      return answers.map(({ status }) => status);
    };
    expect(await statuses(5)).toEqual([200, 200, 200, 429, 429]);
    expect((await ask("/c/0")).headers.get("retry-after")).toBe("1");
    expect((await request("/healthz")).status).toBe(200);
    clock.advance(1000);
    expect(await statuses(3)).toEqual([200, 200, 429]);
  });

  it("at the same time get 503, and probes are answered", async () => {
    const gate = deferred<Uint8Array>();
    const source = { get: () => gate.promise };
    const app = createApp(testContext(source, { limits: { ...DEFAULT_LIMITS, maxInFlight: 2 } }));
    const held = [app.request("/stores/data/a"), app.request("/stores/data/b")];
    const refused = await app.request("/stores/data/c");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await app.request("/readyz")).status).toBe(200);
    gate.resolve(Uint8Array.of(1));
    for (const answer of held) expect((await answer).status).toBe(200);
    expect((await app.request("/stores/data/c")).status).toBe(200);
  });

  it("are counted for a network of IPv6 as for one client", () => {
    expect(clientOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
    expect(clientOf("2001:db8::6")).toBe("2001:db8:0:0");
    expect(clientOf("::ffff:192.0.2.1")).toBe("192.0.2.1");
    expect(clientOf("192.0.2.1")).toBe("192.0.2.1");
  });
});

describe("a refusal", () => {
  const PAGE = "https://page.example";
  const limits = { ...DEFAULT_LIMITS, maxUrlBytes: 300, ratePerSecond: 1, burst: 1 };
  const options = { limits, hosts: knownHosts("127.0.0.1", []), cors: [PAGE] };
  const from = (origin: string) => ({ headers: { origin } });
  const readers = ({ headers }: Response) => headers.get("access-control-allow-origin");

  it.each([
    [414, `http://127.0.0.1/stores/data/${"x".repeat(300)}`],
    [421, "http://rebound.example/stores/data/c/0"],
    [429, "http://127.0.0.1/stores/data/c/0"],
  ])("can be read by the pages that may read the stores, and by no others: %i", async (status, url) => {
    const { request } = testServer(VALUES, options);
    await request("http://127.0.0.1/stores/data/c/0");
    const answer = await request(url, from(PAGE));
    expect([answer.status, readers(answer)]).toEqual([status, PAGE]);
    expect(answer.headers.get("access-control-expose-headers")).toContain("Retry-After");
    const other = await request(url, from("https://other.example"));
    expect([other.status, readers(other), other.headers.get("vary")]).toEqual([status, null, "Origin"]);
  });

  it("can be read where the server has as much to do as it takes: 503", async () => {
    const { ask } = testServer(VALUES, { limits: { ...DEFAULT_LIMITS, maxInFlight: 0 }, cors: [PAGE] });
    const answer = await ask("/c/0", from(PAGE));
    expect([answer.status, readers(answer)]).toEqual([503, PAGE]);
  });

  it("of anything but the stores is for no page", async () => {
    const { request } = testServer(VALUES, options);
    const answer = await request("http://rebound.example/api/v1/stores", from(PAGE));
    expect([answer.status, readers(answer)]).toEqual([421, null]);
  });
});
