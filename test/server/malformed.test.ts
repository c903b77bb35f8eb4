import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";

import { temporaryDirectory } from "../support/temporary-directory.ts";
import { countingOrigin } from "./support/counting-origin.ts";
import { MALFORMED } from "./support/malformed-requests.ts";
import { seededRandom } from "./support/seeded-random.ts";
import { startServer } from "./support/start-server.ts";

const OF_EACH = Number(process.env["ZARR_CACHE_MALFORMED"] ?? 200);
const seed = Number(process.env["ZARR_CACHE_SEED"] ?? Date.now() % 1e9);
const AT_ONCE = 16;

/** Kinds after which the server would wait for more. */
const UNFINISHED = [
  "requests that end early",
  "lengths that do not agree",
  "strange heads",
  "control characters",
  "noise",
];

/** Sends bytes on a connection of their own, and resolves to what came until the server closed it. `isAll`: tells it that there are no more. */
async function send(port: number, bytes: string | Uint8Array, isAll: boolean): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1");
  socket.on("data", (text) => {
    answer += text;
    // A stream of events goes on until its reader leaves.
    if (answer.includes("text/event-stream") && answer.includes("\r\n\r\n")) socket.destroy();
  });
  socket.on("error", () => {});
  isAll ? socket.end(bytes) : socket.write(bytes);
  await once(socket, "close");
  return answer;
}

it(`answers ${OF_EACH} requests of each of ${Object.keys(MALFORMED).length} kinds that nobody should send (seed ${seed})`, async () => {
  const base = await temporaryDirectory();
  const files = join(base, "files.zarr");
  await mkdir(join(files, "c"), { recursive: true });
  await writeFile(join(files, "c", "0"), new Uint8Array(1000));
  await writeFile(join(base, "secret"), "the secret");
  const [origin, elsewhere] = [await countingOrigin({}), await countingOrigin({})];
  const config = join(base, "zarr-cache.config.json");
  const stores = { files: { source: "./files.zarr", writable: true }, web: `${origin.url}/web.zarr` };
  await writeFile(config, JSON.stringify({ stores, aside: { store: "files" } }));
  const server = await startServer([], { cwd: base });
  const port = Number(new URL(server.url).port);
  const random = seededRandom(seed);
  const outside = await readdir(base);
  const host = new URL(elsewhere.url).host;
  for (const [kind, make] of Object.entries(MALFORMED)) {
    const requests = Array.from({ length: OF_EACH }, () => make(random, host));
    const next = requests.values();
    const sender = async () => {
      for (const bytes of next) {
        const answer = await send(port, bytes, UNFINISHED.includes(kind));
        const shown = `${kind}: ${Buffer.from(bytes).toString("latin1").slice(0, 300)}\n→ ${answer.slice(0, 600)}`;
        expect(answer, shown).not.toMatch(/^HTTP\/1\.1 5\d\d|\nHTTP\/1\.1 5\d\d/);
        expect(answer, shown).not.toMatch(/the secret|root:x|\.ts:\d+|node_modules/);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
  }
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect(server.process.exitCode).toBeNull();
  expect(origin.requests.filter((line) => !/^(GET|HEAD) \/web\.zarr\//.test(line))).toEqual([]);
  expect(elsewhere.requests).toEqual([]);
  expect([await readdir(base), await readFile(join(base, "secret"), "utf8")]).toEqual([
    outside,
    "the secret",
  ]);
  expect(server.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

it("gives a client that sends its head a byte at a time no more time than it may take", async () => {
  const base = await temporaryDirectory();
  await writeFile(
    join(base, "zarr-cache.config.json"),
    JSON.stringify({ stores: { a: "./a" }, limits: { requestTimeout: "1s" } }),
  );
  const server = await startServer([], { cwd: base });
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.write("GET /stores/a/x HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
  const [first] = await once(socket.setEncoding("latin1"), "data");
  expect(first).toMatch(/^HTTP\/1\.1 408 /);
  await once(socket, "close");
});
