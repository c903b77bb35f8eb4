import { Documents, Region, type RegionOptions } from "@zarr-cache/regions";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { startNatsServer } from "../support/nats-server.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad");
});

afterAll(() => nats.stop());

async function open(options: RegionOptions): Promise<Region> {
  const region = await Region.open({ heartbeat: 100, ...options });
  onTestFinished(() => region.close());
  return region;
}

/** Starts a server with these lines, and tries to open a region there. */
async function opening(lines: string, login = "", options: Partial<RegionOptions> = {}): Promise<unknown> {
  const server = await startNatsServer(lines);
  onTestFinished(() => server.stop());
  return open({ region: "fra", nats: `nats://${login}${server.host}`, ...options }).catch((error) => error);
}

const WITH_LOGIN =
  'jetstream { store_dir: "$DIRECTORY", domain: "fra" }\nauthorization { user: "zc", password: "right" }';

test("wrong credentials are said, and not shown", async () => {
  const error = (await opening(WITH_LOGIN, "zc:wrong@")) as Error;
  expect(error).toMatchObject({ tag: "RegionUnavailableError" });
  expect(error.message).toMatch(/The connection of region "fra" was not acknowledged.*Authorization/i);
  expect(error.message).not.toContain("wrong");
});

test("right credentials open the region", async () => {
  expect(await opening(WITH_LOGIN, "zc:right@")).toBeInstanceOf(Region);
});

test("a server without JetStream is said to have none, and what to set", async () => {
  expect(await opening('server_name: "plain"')).toMatchObject({
    tag: "JetStreamError",
    message: expect.stringMatching(/has no JetStream.*set "jetstream \{ store_dir, domain \}"/),
  });
});

test("a JetStream without a domain is used alone, with a warning", async () => {
  const region = (await opening('jetstream { store_dir: "$DIRECTORY" }')) as Region;
  const warnings: string[] = [];
  region.warnings.listen((message) => warnings.push(message));
  expect(warnings).toEqual([expect.stringContaining("has no domain")]);
  const documents = new Documents(region);
  await documents.put("a", 1);
  expect((await documents.get("a"))?.value).toBe(1);
  await documents.close();
});

test("storage that is smaller than the limits is said to be so", async () => {
  const lines = 'jetstream { store_dir: "$DIRECTORY", domain: "fra", max_file_store: 10MB }';
  expect(await opening(lines)).toMatchObject({
    tag: "RegionFullError",
    message: expect.stringMatching(/raise its limit \(maxBytes\), or the storage that JetStream may use/),
  });
  const limits = { parts: { maxBytes: 2_000_000 }, drops: { maxBytes: 1_000_000 } };
  expect(await opening(lines, "", { limits })).toBeInstanceOf(Region);
});

test("a limit that could hold nothing is refused, and a log that is full refuses and loses nothing", async () => {
  const options = { region: "fra", nats: nats.region("fra").url, namespace: "full" };
  await expect(open({ ...options, limits: { documents: { maxBytes: 1000 } } })).rejects.toMatchObject({
    tag: "InvalidArgumentError",
    message: expect.stringContaining("limits.documents.maxBytes"),
  });
  const documents = new Documents(await open({ ...options, limits: { documents: { maxBytes: 1_000_000 } } }));
  const text = "x".repeat(200_000);
  const kept: string[] = [];
  const fill = async () => {
    for (let n = 0; n < 20; n++) {
      await documents.put(`a/${n}`, text);
      kept.push(`a/${n}`);
    }
  };
  await expect(fill()).rejects.toMatchObject({ tag: "RegionFullError" });
  expect(kept.length).toBeGreaterThan(2);
  for (const key of kept) expect((await documents.get(key))?.value).toBe(text);
  await documents.close();
});

test("two regions with one name are told of each other, and each goes on", async () => {
  const namespace = "one-name";
  const [here, there] = [
    await open({ region: "fra", nats: nats.region("fra").url, namespace }),
    await open({ region: "fra", nats: nats.region("iad").url, namespace }),
  ];
  const warnings = new Map<Region, string>();
  for (const region of [here, there]) region.warnings.listen((message) => warnings.set(region, message));
  await until("both have said so", () => warnings.size === 2);
  expect(warnings.get(here)).toBe(
    'Region "fra" of JetStream domain "fra" is also the name of a region of domain "iad"; ' +
      "give each region a name of its own.",
  );
  expect(warnings.get(there)).toContain('Region "fra" of JetStream domain "iad"');
  for (const [n, region] of [here, there].entries()) {
    const documents = new Documents(region);
    await documents.put(`a/${n}`, n);
    expect((await documents.get(`a/${n}`))?.value).toBe(n);
    await documents.close();
  }
});
