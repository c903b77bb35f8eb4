import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePorts } from "../support/free-port.ts";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";
import { countingOrigin } from "./support/counting-origin.ts";
import { command, type StartedServer, startServer } from "./support/start-server.ts";

let nats: NatsRegions;

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad");
});

afterAll(() => nats.stop());

/** Starts a server in each region, over caches of their own and one source. */
async function startBoth(namespace: string, source: string, more: object = {}) {
  const ports = await freePorts(2);
  const servers: StartedServer[] = [];
  const places: string[] = [];
  for (const [n, name] of ["fra", "iad"].entries()) {
    const cwd = await temporaryDirectory();
    const listen = `127.0.0.1:${ports[n]}`;
    const region = {
      name,
      nats: nats.region(name).url,
      namespace,
      url: `http://${listen}`,
      token: "between-regions",
      documents: {},
    };
    await writeFile(
      join(cwd, "zarr-cache.config.json"),
      JSON.stringify({ stores: { era5: source }, region, ...more }),
    );
    servers.push(await startServer([], { cwd, env: { ZARR_CACHE_LISTEN: listen } }));
    places.push(cwd);
  }
  const [fra, iad] = servers as [StartedServer, StartedServer];
  return { fra, iad, places: places as [string, string] };
}

interface Report {
  readonly members: readonly { readonly region: string }[];
  readonly logs: readonly { region: string; kind: string; sequence: number; behind: number }[];
  readonly backlog: readonly {
    readonly region: string;
    readonly kind: string;
    readonly behind: number | null;
  }[];
}

const reportOf = async ({ url }: StartedServer, headers = {}): Promise<Report> =>
  (await (await fetch(`${url}/api/v1/regions`, { headers })).json()) as Report;

it("fetches from the other region what is cached there, and reads the documents that were put there", async () => {
  const value = Uint8Array.from({ length: 1000 }, (_, n) => n % 251);
  const origin = await countingOrigin({ "/era5.zarr/c/0": value });
  const { fra, iad, places } = await startBoth("both", `${origin.url}/era5.zarr`);
  // The source is slower than what another region is taken for before it is known.
  const letGo = origin.hold();
  const first = fetch(`${fra.url}/stores/era5/c/0`);
  await origin.asked;
  await pause(400);
  letGo();
  expect([...new Uint8Array(await (await first).arrayBuffer())]).toEqual([...value]);
  await until("the other region knows of it", async () => {
    const { logs, members } = await reportOf(iad);
    const heard = logs.find(({ region, kind }) => region === "fra" && kind === "parts");
    return heard?.sequence === 1 && members.some(({ region }) => region === "fra");
  });
  const second = await fetch(`${iad.url}/stores/era5/c/0`);
  expect([...new Uint8Array(await second.arrayBuffer())]).toEqual([...value]);
  expect(origin.requests).toEqual(["GET /era5.zarr/c/0"]);

  const path = "/api/v1/documents/both/station/7";
  const put = await fetch(`${fra.url}${path}?meta={"kind":"buoy"}`, {
    method: "PUT",
    body: JSON.stringify({ height: 3.2 }),
  });
  const { version } = (await put.json()) as { version: string };
  const got = await fetch(`${iad.url}${path}?minVersion=${version}&timeout=60000`);
  expect(await got.json()).toMatchObject({ value: { height: 3.2 }, meta: { kind: "buoy" }, version });

  await until("nothing is behind", async () => {
    const { backlog } = await reportOf(fra);
    return backlog.length === 3 && backlog.every(({ behind }) => behind === 0);
  });
  const metrics = await (await fetch(`${iad.url}/metrics`)).text();
  expect(metrics).toContain('zarr_cache_region_joined{region="iad"} 1');
  expect(metrics).toContain('zarr_cache_region_members{region="fra"} 1');
  expect(metrics).toContain('zarr_cache_region_reads_total{process="0"} 1');
  expect(metrics).toContain('zarr_cache_region_bytes_total{process="0"} 1000');
  expect(metrics).toMatch(/zarr_cache_region_lag_operations\{region="fra",kind="documents"\} 0/);
  expect(metrics).toMatch(/zarr_cache_region_stopped_seconds\{region="fra",kind="documents"\} 0/);
  expect(metrics).toMatch(/zarr_cache_region_backlog_operations\{region="fra",kind="parts"\} \d/);

  const asked = await command(["regions", "--server", iad.url]);
  expect(asked.out).toMatch(/^fra +1 +0 +– +0$/m);
  expect(asked.out).toContain("Reads from other regions: 1.");
  const direct = await command(["regions", "--json"], { cwd: places[1] });
  const members = (JSON.parse(direct.out) as Report).members.map(({ region }) => region).sort();
  expect(members).toEqual(["fra", "iad"]);
});

it("hands parts and documents to those alone who show the token", async () => {
  const origin = await countingOrigin({ "/era5.zarr/c/0": Uint8Array.of(1) });
  const sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  const { fra } = await startBoth("closed", `${origin.url}/era5.zarr`, {
    tokens: [{ name: "team", sha256, scope: "read" }],
  });
  const statusOf = async (path: string, token?: string, method = "GET") => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`${fra.url}${path}`, { method, headers, ...(method === "PUT" && { body: "1" }) }))
      .status;
  };
  const part = "/api/v1/regions/parts?storeId=era5&key=/c/0&range=";
  const [ours, peers] = ["/api/v1/documents/closed/a", "/api/v1/regions/documents/closed/a"];
  await until("documents are served", async () => (await statusOf(ours, "test")) === 404);
  expect(await statusOf("/api/v1/regions")).toBe(401);
  expect(await statusOf("/api/v1/regions", "test")).toBe(200);
  expect([
    await statusOf(part),
    await statusOf(part, "test"),
    await statusOf(part, "between-regions"),
  ]).toEqual([401, 401, 404]);
  expect([await statusOf(ours), await statusOf(ours, "test", "PUT")]).toEqual([401, 403]);
  expect([await statusOf(peers, "test"), await statusOf(peers, "between-regions", "PUT")]).toEqual([
    401, 200,
  ]);
  expect(await statusOf(ours, "test")).toBe(200);
});

it("serves alone while the region's NATS server is not there, and says so", async () => {
  const origin = await countingOrigin({ "/era5.zarr/c/0": Uint8Array.of(7) });
  const cwd = await temporaryDirectory();
  const region = { name: "fra", nats: "nats://127.0.0.1:1", url: "http://127.0.0.1:5000", documents: {} };
  await writeFile(
    join(cwd, "zarr-cache.config.json"),
    JSON.stringify({ stores: { era5: `${origin.url}/era5.zarr` }, region }),
  );
  const server = await startServer([], { cwd });
  expect((await fetch(`${server.url}/stores/era5/c/0`)).status).toBe(200);
  expect(await reportOf(server)).toMatchObject({ region: "fra", joined: false });
  expect((await fetch(`${server.url}/api/v1/documents/zarr-cache/a`)).status).toBe(503);
  const { code, err } = await command(["regions"], { cwd });
  expect([code, err]).toEqual([
    1,
    expect.stringContaining('The connection of region "fra" was not acknowledged'),
  ]);
});
