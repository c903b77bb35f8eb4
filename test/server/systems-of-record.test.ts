import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it, onTestFinished, vi } from "vitest";
import { startHttpFaultProxy } from "../support/http-fault-proxy.ts";
import { clientOf, startFauxqs } from "../support/s3-server.ts";
import { scriptedOrigin, wellBehaved } from "../support/scripted-origin.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { startServer } from "./support/start-server.ts";

const PARQUET = new URL("../../packages/server/test/fixtures/file1.snappy.parquet", import.meta.url);
const RECORDS: Readonly<Record<string, Uint8Array>> = {
  "file1.json": Buffer.from('{"foo":"bar"}'),
  "2020/file1.snappy.parquet": await readFile(PARQUET),
};
const CODE = new URL("./support/write-and-hang.ts", import.meta.url);

/** A system of record with the records in it. */
interface SystemOfRecord {
  readonly store: Readonly<Record<string, unknown>>;
  /** Everything that tells whether somebody changed it. */
  state(): Promise<unknown>;
  /** What was asked of it so far, where it can tell. */
  readonly requests?: readonly string[];
}

/** A bucket with the records below `json/`. */
async function startBucket() {
  const server = await startFauxqs();
  onTestFinished(() => server.stop());
  const client = clientOf(server);
  onTestFinished(() => client.destroy());
  const Bucket = `records-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  for (const [path, Body] of Object.entries(RECORDS))
    await client.send(new PutObjectCommand({ Bucket, Key: `json/${path}`, Body }));
  return { server, client, Bucket };
}

const systems: Readonly<Record<string, () => Promise<SystemOfRecord>>> = {
  async directory() {
    const root = await temporaryDirectory();
    for (const [path, bytes] of Object.entries(RECORDS)) {
      await mkdir(join(root, path, ".."), { recursive: true });
      await writeFile(join(root, path), bytes);
    }
    await writeFile(join(root, "../secret.json"), "1");
    const state = async () => {
      const names = (await readdir(root, { recursive: true })).sort();
      return Promise.all(names.map(async (name) => [name, (await stat(join(root, name))).mtimeMs]));
    };
    return { store: { source: root }, state };
  },
  async "web server"() {
    const origin = await scriptedOrigin((request) => wellBehaved(RECORDS[request.path.slice(1)], request));
    const requests: string[] = [];
    return {
      store: { source: `${origin.url}/` },
      state: async () => origin.requests.filter(({ method }) => method !== "GET" && method !== "HEAD"),
      get requests() {
        requests.splice(
          0,
          requests.length,
          ...origin.requests.map(({ method, path }) => `${method} ${path}`),
        );
        return requests;
      },
    };
  },
  async bucket() {
    const { server, client, Bucket } = await startBucket();
    const proxy = await startHttpFaultProxy(server.endpoint);
    onTestFinished(() => proxy.stop());
    return {
      store: {
        source: `s3://${Bucket}/json`,
        s3: { endpoint: proxy.endpoint, region: "us-east-1", forcePathStyle: true },
      },
      async state() {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
        const changes = proxy.requests.filter((request) => !/^(?:GET|HEAD) /.test(request));
        return [Contents.map(({ Key, ETag, LastModified }) => [Key, ETag, LastModified]), changes];
      },
      get requests() {
        return proxy.requests;
      },
    };
  },
};

/** A server over one store, with the function that hangs. */
async function startAside(store: Readonly<Record<string, unknown>>, cache?: string) {
  const directory = await temporaryDirectory();
  await copyFile(CODE, join(directory, "write-and-hang.ts"));
  const config = {
    cache: { maxBytes: "50 MB" },
    stores: { records: { ...store, maxAge: "forever" } },
    aside: {
      store: "records",
      functions: { modules: { hang: { module: "write-and-hang.ts", timeout: "1h" } }, processes: 1 },
    },
  };
  await writeFile(join(directory, "zarr-cache.config.json"), JSON.stringify(config));
  const env = {
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
    LOCAL_DATA_DIR: cache ?? join(directory, "cache"),
  };
  const { url } = await startServer([], { cwd: directory, env });
  return {
    directory,
    url,
    async command(query: string) {
      const answer = await fetch(`${url}/cache/api/v1.0/?${query}`);
      return { status: answer.status, body: await answer.json() };
    },
  };
}

it.each(Object.keys(systems))("keeps what is in a %s aside, and leaves it as it is", async (name) => {
  const system = await (systems[name] as () => Promise<SystemOfRecord>)();
  const before = await system.state();
  const { url, command } = await startAside(system.store);
  const path = "2020/file1.snappy.parquet";
  const success = { status: 200, body: { return: { path, value: { result: "success" } } } };
  for (const wanted of ["create", "create", "update", "delete"])
    expect(await command(`command=${wanted}&path=${path}`), wanted).toMatchObject(success);
  expect(await command("path=file1.json")).toMatchObject({ body: { return: { value: { foo: "bar" } } } });
  await command(`command=create&path=${path}`);
  const stats = await command(`function=cache_item_stats&key=${path}`);
  expect(stats.body.return.value).toMatchObject({ format: "parquet", rows: 781 });
  const object = `${url}/api/v1/objects/file1.json`;
  expect((await fetch(object, { method: "PUT", body: "2" })).status).toBe(204);
  expect(await (await fetch(object)).text()).toBe("2");
  expect((await fetch(object, { method: "DELETE" })).status).toBe(204);
  expect(await (await fetch(object)).text()).toBe('{"foo":"bar"}');
  for (const missing of ["missing.json", "2020"])
    expect((await command(`command=create&path=${missing}`)).status, missing).toBe(404);
  for (const outside of ["../secret.json", "2020/../../secret.json", "..%252fsecret.json"])
    expect((await command(`command=create&path=${outside}`)).status, outside).toBeGreaterThanOrEqual(400);
  expect(await system.state()).toEqual(before);
  const reads = system.requests?.filter(
    (request) => request.startsWith("GET ") && request.includes("parquet"),
  );
  if (reads !== undefined) expect(reads, "create, update, and create after delete").toHaveLength(3);
});

it("shares what is aside with another server over the same cache", async () => {
  const origin = await scriptedOrigin((request) => wellBehaved(RECORDS[request.path.slice(1)], request));
  const cache = join(await temporaryDirectory(), "cache");
  const [one, other] = [
    await startAside({ source: `${origin.url}/` }, cache),
    await startAside({ source: `${origin.url}/` }, cache),
  ];
  const create = "command=create&path=file1.json";
  await Promise.all([one.command(create), other.command(create), one.command(create), other.command(create)]);
  expect(origin.requests).toHaveLength(1);
  await one.command("command=delete&path=file1.json");
  expect((await other.command("command=head&path=file1.json")).body.return.value).toMatchObject({
    cached: false,
  });
});

it("ends a function when its client hangs up, and has its process free again", async () => {
  const { directory, url, command } = await startAside({ source: await temporaryDirectory() });
  const file = join(directory, "pid");
  const leaving = new AbortController();
  const hanging = fetch(`${url}/cache/api/v1.0/?${new URLSearchParams({ function: "hang", file })}`, {
    signal: leaving.signal,
  });
  hanging.catch(() => {});
  await vi.waitUntil(() => existsSync(file), { timeout: 60_000, interval: 20 });
  const pid = Number(await readFile(file, "utf8"));
  leaving.abort();
  await vi.waitUntil(
    () => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    },
    { timeout: 60_000, interval: 20 },
  );
  const stats = await command("function=cache_item_stats&key=missing");
  expect([stats.status, stats.body.code]).toEqual([404, "FunctionRefused"]);
});

it("keeps what is in the bucket that the environment names aside, without a configuration", async () => {
  const { server, Bucket } = await startBucket();
  const { url } = await startServer([], {
    env: {
      AWS_ACCESS_KEY_ID: "any",
      AWS_SECRET_ACCESS_KEY: "any",
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_BUCKET_NAME: Bucket,
      AWS_DATA_DIR: "json/",
    },
  });
  for (const query of [
    "command=create&path=2020/file1.snappy.parquet",
    "function=cache_item_stats&key=2020/file1.snappy.parquet",
  ])
    expect((await fetch(`${url}/cache/api/v1.0/?${query}`)).status, query).toBe(200);
});
