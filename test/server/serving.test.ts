import { connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { until } from "../support/until.ts";
import { startConfigured } from "./support/configured-server.ts";
import { countingOrigin } from "./support/counting-origin.ts";
import { command, startServer } from "./support/start-server.ts";

const STAYS = "cannot reload; the old configuration stays";

const bytesOf = async (answer: Response) => [...new Uint8Array(await answer.arrayBuffer())];

it("serves a web server's Zarr under the name at the end of its URL, and asks it once", async () => {
  const origin = await countingOrigin({ "/era5.zarr/c/0": Uint8Array.of(1, 2, 3, 4) });
  const { url } = await startServer([`${origin.url}/era5.zarr`]);
  for (let time = 0; time < 3; time++) {
    const answer = await fetch(`${url}/stores/era5/c/0`);
    expect(answer.status).toBe(200);
    expect(await bytesOf(answer)).toEqual([1, 2, 3, 4]);
  }
  const part = await fetch(`${url}/stores/era5/c/0`, { headers: { range: "bytes=1-2" } });
  expect(await bytesOf(part)).toEqual([2, 3]);
  expect(origin.requests).toEqual(["GET /era5.zarr/c/0"]);
});

it.each([1, 2])(
  "answers what is under way when it is told to end, and takes nothing new: processes: %i",
  async (workers) => {
    const origin = await countingOrigin({ "/era5.zarr/c/0": Uint8Array.of(7) });
    const letGo = origin.hold();
    const server = await startServer([`${origin.url}/era5.zarr`, "--workers", String(workers)]);
    const underWay = fetch(`${server.url}/stores/era5/c/0`);
    await origin.asked;
    const ending = server.logged("ending");
    server.process.kill("SIGTERM");
    await ending;
    await until("nothing new is taken", () =>
      fetch(`${server.url}/healthz`, { headers: { connection: "close" } }).then(
        () => false,
        () => true,
      ),
    );
    letGo();
    const answer = await underWay;
    expect(answer.headers.get("connection")).toBe("close");
    expect(await bytesOf(answer)).toEqual([7]);
    expect(await server.exitCode).toBe(0);
  },
);

it("reads its configuration anew on SIGHUP, while a request goes on that began before", async () => {
  const origin = await countingOrigin({ "/one/a": Uint8Array.of(1), "/two/a": Uint8Array.of(2) });
  const server = await startConfigured({ stores: { one: `${origin.url}/one` } });
  const letGo = origin.hold();
  const underWay = fetch(`${server.url}/stores/one/a`);
  await origin.asked;
  await server.reload({ stores: { two: `${origin.url}/two` } });
  expect((await fetch(`${server.url}/stores/one/a`)).status).toBe(404);
  letGo();
  expect(await bytesOf(await underWay)).toEqual([1]);
  expect(await bytesOf(await fetch(`${server.url}/stores/two/a`))).toEqual([2]);
});

it("keeps its configuration when the new one cannot be used", async () => {
  const origin = await countingOrigin({ "/one/a": Uint8Array.of(1) });
  const server = await startConfigured({ stores: { one: `${origin.url}/one` } });
  const refused = await server.reload({ stores: { one: "gopher://old" } }, STAYS);
  expect(String(refused["reason"])).toContain("stores.one");
  expect((await fetch(`${server.url}/stores/one/a`)).status).toBe(200);
});

it("keeps its configuration when the new one has another address, which would be judged by who can reach it", async () => {
  const at = (listen: string, id: string) => ({ listen, stores: { [id]: "./x" } });
  const server = await startConfigured(at("127.0.0.1:0", "one"), { env: { ZARR_CACHE_LISTEN: "" } });
  const status = async (id: string) => (await fetch(`${server.url}/stores/${id}/`)).status;
  const refused = await server.reload(at("127.0.0.2:0", "two"), STAYS);
  expect(String(refused["reason"])).toContain("listen: stays 127.0.0.1:0 until");
  expect([await status("one"), await status("two")]).toEqual([200, 404]);
});

it("keeps to new limits on connections from SIGHUP on", async () => {
  const server = await startConfigured({ stores: { a: "./x" } });
  await server.reload({ stores: { a: "./x" }, limits: { maxConnections: 1 } });
  const isAnswered = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      onTestFinished(() => void socket.destroy());
      socket.once("data", () => resolve(true));
      socket.on("error", () => {});
      socket.once("close", () => resolve(false));
      socket.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    });
  expect([await isAnswered(), await isAnswered()]).toEqual([true, false]);
});

it("logs each request where that is configured, by the client that a trusted proxy tells of, and no secrets", async () => {
  const origin = await countingOrigin({ "/one/a": Uint8Array.of(1) });
  const server = await startConfigured({
    stores: { one: `${origin.url}/one` },
    accessLog: true,
    proxies: { trusted: ["127.0.0.0/8"] },
  });
  const headers = { "x-forwarded-for": "203.0.113.5", authorization: "Bearer of-good-news" };
  const logged = server.logged("request");
  expect((await fetch(`${server.url}/stores/one/a?token=of-good-news`, { headers })).status).toBe(200);
  expect(await logged).toMatchObject({
    client: "203.0.113.5",
    method: "GET",
    path: "/stores/one/a",
    status: 200,
    bytes: 1,
    cache: "zarr-cache; fwd=miss; stored",
  });
  expect(JSON.stringify(server.log)).not.toContain("of-good-news");
});

it("serves the objects of a bucket from the environment alone", async () => {
  const { code, out } = await command(["config", "--print"], {
    env: { LOCAL_DATA_DIR: "/srv/cache", AWS_BUCKET_NAME: "records", AWS_DATA_DIR: "/a/b/" },
  });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    listen: "127.0.0.1:5000",
    cache: { location: "/srv/cache" },
    stores: { records: { source: "s3://records/a/b" } },
  });
});

it.each([
  ["an unknown command", ["serv"], /Did you mean serve/],
  ["nothing to serve", ["serve"], /nothing to serve: name a source/],
  ["a public address without a token", ["serve", "./x", "--listen", "0.0.0.0:0"], /others can reach/],
])("says in a line what is wrong with %s", async (_, args, message) => {
  const { code, out, err } = await command(args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(message);
  expect(err).not.toMatch(/ at .*\.ts|node:internal/);
});

it("says that somebody listens there already", async () => {
  const origin = await countingOrigin({});
  const { code, err } = await command([
    "serve",
    "./x",
    "--listen",
    new URL(origin.url).host,
    "--log-level",
    "silent",
  ]);
  expect([code, err]).toEqual([1, expect.stringContaining("choose another with --listen")]);
});
