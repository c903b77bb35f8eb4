import { expect, it } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { configSchema } from "../../src/config/config-schema.ts";
import { printConfig } from "../../src/config/print-config.ts";
import { loadRegions } from "../../src/regions/load-regions.ts";
import { reportOf } from "../../src/regions/report-of.ts";

const REGION = { name: "fra", nats: "nats://user:pass@127.0.0.1:4222", url: "http://10.0.0.7:5000" };
const TOKENS = [{ name: "team", sha256: "0".repeat(64), scope: "read" }];

it("says in a sentence which package is missing", async () => {
  const missing = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
  const error: unknown = await loadRegions(() => Promise.reject(missing)).catch((it) => it);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as Error).message).toBe("region:\n  needs a package: npm install @zarr-cache/regions");
});

it.each([
  ["a name with capitals", { region: { ...REGION, name: "FRA" } }, /is no name of a region/],
  [
    "an address of something else",
    { region: { ...REGION, nats: "redis://x" } },
    /is no address of a NATS server/,
  ],
  ["no address of its own", { region: { ...REGION, url: "10.0.0.7" } }, /is no address such as/],
  [
    "a bucket that is none",
    { region: { ...REGION, buckets: { iad: { location: "https://bucket.example" } } } },
    /is no bucket, such as/,
  ],
  [
    "tokens, but none between regions",
    { region: REGION, tokens: TOKENS },
    /is needed where there are tokens/,
  ],
])("refuses %s", (_, config, message) => {
  const parsed = configSchema.safeParse(config);
  expect(parsed.error?.issues.map((issue) => issue.message)).toEqual([expect.stringMatching(message)]);
});

it("prints neither the token nor the password", () => {
  const config = configSchema.parse({ region: { ...REGION, token: "between" }, tokens: TOKENS });
  const text = printConfig(config);
  expect(text).not.toMatch(/between|:pass@/);
  expect(JSON.parse(text).region.token).toBe("(not shown)");
});

it("tells what others do not have yet, and does not guess of those that are not heard", () => {
  const log = (region: string, sequence: number) =>
    ({ stream: `s-${region}`, kind: "documents", region, sequence, behind: 0, stoppedFor: 0 }) as const;
  const member = (id: string, held: number) => ({
    id,
    region: "iad",
    domain: "iad",
    url: undefined,
    streams: { "s-fra": held },
    heardAt: 1000,
    roundTrip: undefined,
  });
  const report = reportOf(
    "fra",
    {
      region: "fra",
      domain: "fra",
      members: [member("a", 3), member("b", 4)],
      logs: [log("fra", 10), log("iad", 2), log("sin", 5)],
    },
    1500,
  );
  expect(report.backlog).toEqual([
    { region: "iad", kind: "documents", behind: 6 },
    { region: "sin", kind: "documents", behind: null },
  ]);
  expect(report.members[0]).toMatchObject({ heardAgo: 500, url: null, roundTrip: null });
});
