import { describe, expect, it } from "vitest";
import type { HttpSourceOptions } from "../../src/http/request-settings.ts";
import { counted } from "../support/bytes.ts";
import { fakeServer, ok } from "./support/fake-server.ts";

const VALUE = counted(9);

/** A server that redirects, seen through a browser: where to does not show before it was followed. */
function redirecting(options: HttpSourceOptions, to: (url: string) => string) {
  return fakeServer((request) => {
    if (request.redirect === "manual")
      return Object.defineProperty(new Response(), "type", { value: "opaqueredirect" });
    return Object.defineProperty(ok(VALUE), "url", { value: to(request.url) });
  }, options);
}

const within = (url: string) => `${url}/elsewhere`;
const away = () => "https://other.example/c/0";

describe("a redirect that a browser does not show", () => {
  it("is followed within the server, and to another where that is trusted", async () => {
    expect(await redirecting({}, within).source.get("/c/0")).toEqual(VALUE);
    expect(await redirecting({ redirects: "follow" }, away).source.get("/c/0")).toEqual(VALUE);
  });

  it("is refused where it has led to another server, or none is wanted", async () => {
    await expect(redirecting({}, away).source.get("/c/0")).rejects.toThrow("https://other.example");
    const { source, requests } = redirecting({ redirects: "error" }, within);
    await expect(source.get("/c/0")).rejects.toMatchObject({ tag: "SourceError" });
    expect(requests).toHaveLength(1);
  });

  it.each<[string, HttpSourceOptions]>([
    ["headers", { headers: { "x-key": "s3cret" } }],
    ["headers as the platform has them", { headers: new Headers({ "x-key": "s3cret" }) }],
    ["a signature", { sign: (request) => request }],
  ])("is not followed with %s, which the browser would take along", async (_, options) => {
    for (const redirects of ["same-origin", "follow"] as const) {
      const { source, requests } = redirecting({ ...options, redirects }, away);
      await expect(source.get("/c/0")).rejects.toThrow("meant for this server alone");
      expect(requests).toHaveLength(1);
    }
  });
});
