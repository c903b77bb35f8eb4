import { createHash } from "node:crypto";
import { noBulletin } from "@zarr-cache/server";
import { expect, it } from "vitest";
import { TaggedSource } from "../support/tagged-source.ts";
import { testServer } from "../support/test-server.ts";

const source = () => new TaggedSource().put("/c/0", "x").put("/c/1", "y");

/** Metrics by name and labels. */
async function metrics({ request }: ReturnType<typeof testServer>): Promise<Map<string, number>> {
  const answer = await request("/metrics");
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = (await answer.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      expect(line).toMatch(/^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (\d|\+Inf)/);
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

it("tells Prometheus how reads were answered, what the tiers did and how full they are", async () => {
  const server = testServer(source());
  for (let time = 0; time < 3; time++) await server.ask("/c/0");
  await server.ask("/c/9");
  const found = await metrics(server);
  expect(found.get('zarr_cache_reads_total{store="data",process="0",answer="hit"}')).toBe(2);
  expect(found.get('zarr_cache_reads_total{store="data",process="0",answer="miss"}')).toBe(2);
  expect(found.get('zarr_cache_source_reads_total{store="data",process="0"}')).toBe(2);
  expect(found.get('zarr_cache_entries{tier="memory"}')).toBe(2);
  expect(found.get('zarr_cache_max_bytes{tier="memory"}')).toBe(64_000_000);
  const kind = 'route="stores",method="GET",status="2xx",process="0"';
  expect(found.get(`zarr_cache_http_request_duration_seconds_count{${kind}}`)).toBe(3);
  expect(found.get(`zarr_cache_http_request_duration_seconds_bucket{${kind},le="+Inf"}`)).toBe(3);
});

it("has no label that grows with the keys", async () => {
  const server = testServer(source());
  await server.ask("/c/0");
  const before = (await metrics(server)).size;
  for (let i = 0; i < 50; i++) await server.ask(`/x/${i}`);
  // Those that were missing are a class of status of their own.
  expect((await metrics(server)).size).toBeLessThanOrEqual(before + 2 * 11);
});

it("adds up what other processes tell", async () => {
  let hear: (data: unknown, from: number) => void = () => {};
  const bulletin = {
    ...noBulletin,
    self: 1,
    on(topic: string, listener: typeof hear) {
      if (topic === "statistics") hear = listener;
      return () => {};
    },
  };
  const server = testServer(source(), { bulletin });
  const other = testServer(source());
  await other.ask("/c/0");
  const stores = { data: other.store.stats() };
  hear({ process: 2, stores, requests: {}, residentBytes: 1, startedAt: 0 }, 2);
  const found = await metrics(server);
  expect(found.get('zarr_cache_reads_total{store="data",process="1",answer="miss"}')).toBe(0);
  expect(found.get('zarr_cache_reads_total{store="data",process="2",answer="miss"}')).toBe(1);
});

it("shows people the stores on a page that runs nothing and loads nothing", async () => {
  const server = testServer(source(), { store: { identity: '<script>alert("x")</script>' } });
  await server.ask("/c/0");
  await server.ask("/c/0");
  const answer = await server.request("/");
  const page = await answer.text();
  expect(page).toContain("50.0 %");
  expect(page).toContain("&lt;script&gt;");
  expect(page).not.toMatch(/<script|src=|url\(|style="/);
  const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] as string;
  const hash = createHash("sha256").update(style).digest("base64");
  expect(answer.headers.get("content-security-policy")).toContain(
    `default-src 'none'; style-src 'sha256-${hash}'`,
  );
});

it("is ready until it is to end", async () => {
  let draining = false;
  const { request } = testServer(source(), { isDraining: () => draining });
  expect((await request("/readyz")).status).toBe(200);
  draining = true;
  expect((await request("/readyz")).status).toBe(503);
  expect((await request("/healthz")).status).toBe(200);
});
