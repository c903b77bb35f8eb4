import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { expect, it, onTestFinished } from "vitest";
import { hasRedisServer, startRedisServer } from "../support/redis-server.ts";
import { clientOf, startFauxqs } from "../support/s3-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { countingOrigin } from "./support/counting-origin.ts";
import { startServer } from "./support/start-server.ts";

const values = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`/era5.zarr/c/${i}`, new Uint8Array(50_000).fill(i)]),
  );

it("loses no more than the requests of a worker that is killed under load", async () => {
  const origin = await countingOrigin(values(20));
  const server = await startServer([`${origin.url}/era5.zarr`, "--workers", "2"]);
  let [asked, failed, kills] = [0, 0, 0];
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const client = async (first: number) => {
    for (let i = first; !isOver; i++) {
      asked++;
      const answer = await fetch(`${server.url}/stores/era5/c/${i % 20}`, {
        headers: { connection: "close" },
      }).catch(() => undefined);
      const bytes = await answer?.arrayBuffer().catch(() => undefined);
      if (bytes === undefined) failed++;
      else expect([answer?.status, new Uint8Array(bytes)[0]]).toEqual([200, i % 20]);
    }
  };
  const clients = Array.from({ length: 8 }, (_, i) => client(i));
  for (; kills < 2; kills++) {
    const pid = server.log.filter(({ msg }) => msg === "worker serves").at(-1)?.["pid"] as number;
    const ended = server.logged("a worker ended; another is started");
    process.kill(pid, "SIGKILL");
    expect(await ended).toMatchObject({ worker: pid, signal: "SIGKILL" });
    if (kills === 0) await server.logged("worker serves");
  }
  const before = asked;
  while (asked < before + 200) await new Promise(setImmediate);
  isOver = true;
  await Promise.all(clients);
  // Each client has one request under way.
  expect(failed).toBeLessThanOrEqual(8 * kills);
  expect((await fetch(`${server.url}/stores/era5/c/0`)).status).toBe(200);
  // Also where a worker is only just beginning.
  server.process.kill("SIGTERM");
  expect(await server.exitCode).toBe(0);
});

it.runIf(await hasRedisServer())(
  "shares one Redis and one bucket among servers: one read of the source for each chunk",
  async () => {
    const [redis, s3] = await Promise.all([startRedisServer(), startFauxqs()]);
    onTestFinished(async () => {
      await redis.stop();
      await s3.stop();
    });
    const client = clientOf(s3);
    await client.send(new CreateBucketCommand({ Bucket: "chunks" }));
    client.destroy();
    const origin = await countingOrigin(values(12));
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const cache = {
      location: "s3://chunks/cache",
      index: redis.url,
      maxBytes: "1 GB",
      deadline: "1m",
      lockAge: "1m",
      lockTimeout: "2m",
      coherence: "1m",
      s3: { endpoint: s3.endpoint, region: "us-east-1", forcePathStyle: true },
    };
    const cwd = await configured({ stores: { era5: `${origin.url}/era5.zarr` }, cache });
    const env = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      LOCAL_DATA_DIR: "",
    };
    const servers = await Promise.all([startServer([], { cwd, env }), startServer([], { cwd, env })]);
    const all = servers.flatMap(({ url }) =>
      Array.from({ length: 24 }, async (_, i) => {
        const answer = await fetch(`${url}/stores/era5/c/${i % 12}`);
        expect(answer.status).toBe(200);
        expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array(50_000).fill(i % 12));
      }),
    );
    await Promise.all(all);
    expect([...origin.requests].sort()).toEqual(
      Object.keys(values(12))
        .map((path) => `GET ${path}`)
        .sort(),
    );
  },
);

/** A directory with this configuration. */
async function configured(config: object): Promise<string> {
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, "zarr-cache.config.json"), JSON.stringify(config));
  return cwd;
}
