import {
  DocumentClient,
  type DocumentClientOptions,
  Documents,
  documentHandler,
  Region,
} from "@zarr-cache/regions";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FetchServer, startFetchServer } from "../support/fetch-server.ts";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { startNatsServer } from "../support/nats-server.ts";
import { openRegionalCache, type RegionalCache } from "../support/regional-cache.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad");
});

afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await nats.stop();
});

interface Place {
  readonly region: Region;
  readonly documents: Documents;
  readonly server: FetchServer;
  readonly requests: string[];
  lose: boolean;
}

interface Opening {
  readonly token?: string;
  readonly allowedOrigins?: string[];
  /** Another NATS server than that of the region. */
  readonly at?: string;
}

/** A member of a region that serves documents. */
async function open(
  name: string,
  namespace: string,
  { token, allowedOrigins = [], at = nats.region(name).url }: Opening = {},
): Promise<Place> {
  let handle: ((request: Request) => Promise<Response>) | undefined;
  const requests: string[] = [];
  const server = await startFetchServer(async (request) => {
    requests.push(request.method);
    const answer = (await handle?.(request)) as Response;
    // The write is done, and its acknowledgement lost.
    return place.lose ? new Response("lost", { status: 502 }) : answer;
  });
  const region = await Region.open({
    region: name,
    nats: at,
    namespace,
    url: `${server.url}/api/v1`,
    heartbeat: 100,
  });
  const documents = new Documents(region, { allowedOrigins });
  documents.serve();
  handle = documentHandler({ [namespace]: documents }, { token });
  const place: Place = { region, documents, server, requests, lose: false };
  closing.push(
    () => server.close(),
    () => region.close(),
    () => documents.close(),
  );
  return place;
}

async function client(name: string, namespace: string, options: Partial<DocumentClientOptions> = {}) {
  const opened = await DocumentClient.open({ nats: nats.region(name).url, namespace, ...options });
  closing.push(() => opened.close());
  return opened;
}

test("who is no member reads and writes at the first member that answers", async () => {
  const [fra, iad] = [await open("fra", "clients"), await open("iad", "clients")];
  const reader = await client("iad", "clients");
  const version = await reader.put("station/é 1", { height: 3 }, { meta: { kind: "buoy" } });
  expect(fra.requests.length + iad.requests.length).toBe(1);
  expect(await reader.get("station/é 1")).toMatchObject({
    value: { height: 3 },
    version,
    meta: { kind: "buoy" },
  });
  await reader.delete("station/é 1");
  await until("nobody has it", async () => {
    const [here, there] = [await fra.documents.get("station/é 1"), await iad.documents.get("station/é 1")];
    return here === undefined && there === undefined;
  });
  await expect(reader.get("station/é 1")).rejects.toThrow('Nobody reachable has "station/é 1"');
});

test("only who has it answers", async () => {
  const [fra] = [await open("fra", "holders"), await open("iad", "holders")];
  await fra.documents.put("a", 1);
  const reader = await client("iad", "holders");
  expect(await reader.get("a")).toMatchObject({ value: 1 });
});

test("a write whose acknowledgement was lost is repeated at another member, and counts once", async () => {
  const places = [await open("fra", "lost"), await open("iad", "lost")];
  await until("they know of each other", () => places.every(({ region }) => region.members().length > 0));
  const writer = await client("fra", "lost");
  for (const place of places) place.lose = true;
  await expect(writer.put("a", 1, { id: "message-1" })).rejects.toThrow("refused the write");
  expect(places.map(({ requests }) => requests)).toEqual([["PUT"], ["PUT"]]);
  for (const place of places) place.lose = false;
  // Meanwhile somebody wrote over it; the message that comes once more, anywhere, changes nothing.
  const [fra, iad] = places as [Place, Place];
  const second = await fra.documents.put("a", 2);
  await writer.put("a", 1, { id: "message-1" });
  await until("both say the same", async () => (await iad.documents.get("a"))?.version === second);
  expect((await fra.documents.get("a"))?.value).toBe(2);
  expect(fra.documents.superseded().count + iad.documents.superseded().count).toBe(0);
});

test("a member that asks for a token takes nothing without it", async () => {
  await open("fra", "token", { token: "secret" });
  const [stranger, friend] = [
    await client("fra", "token"),
    await client("fra", "token", { token: "secret" }),
  ];
  await expect(stranger.put("a", 1)).rejects.toThrow("a token is needed");
  await friend.put("a", 1);
});

test("documents over HTTP: status and version of each answer", async () => {
  const { server, documents } = await open("fra", "http");
  const at = (path: string) => `${server.url}/api/v1/documents/http/${path}`;
  const put = await fetch(at("a%2Fb?meta=%7B%22k%22%3A1%7D&expiresIn=60000"), {
    method: "PUT",
    body: '{"x":1}',
  });
  expect(put.status).toBe(200);
  const etag = put.headers.get("etag") as string;
  const got = await fetch(at("a%2Fb"));
  expect(await got.json()).toMatchObject({ key: "a/b", value: { x: 1 }, meta: { k: 1 } });
  expect(got.headers.get("etag")).toBe(etag);
  expect((await fetch(at("a%2Fb"), { headers: { "if-none-match": etag } })).status).toBe(304);
  expect((await fetch(at("a%2Fb"), { method: "HEAD" })).status).toBe(200);
  expect(await (await fetch(at("?prefix=a/"))).json()).toMatchObject({ documents: [{ key: "a/b" }] });
  expect((await fetch(at("none"))).status).toBe(404);
  expect((await fetch(at("a?minVersion=later"))).status).toBe(400);
  expect((await fetch(at("a%2Fb?minVersion=9000000000000000@fra&timeout=0"))).status).toBe(404);
  expect((await fetch(at("a"), { method: "PUT", body: "{" })).status).toBe(400);
  expect((await fetch(at("a"), { method: "PUT", body: '{"url":"http://elsewhere.example/"}' })).status).toBe(
    403,
  );
  expect((await fetch(at("a"), { method: "POST" })).status).toBe(405);
  expect((await fetch(at("%ff"))).status).toBe(400);
  expect((await fetch(`${server.url}/api/v1/documents/other/a`)).status).toBe(404);
  const large = await fetch(at("a"), { method: "PUT", body: JSON.stringify("x".repeat(300_000)) });
  expect(large.status).toBe(413);
  expect((await fetch(at("a%2Fb"), { method: "DELETE" })).status).toBe(200);
  expect(await documents.get("a/b")).toBeUndefined();
});

test("a large value is kept in the tiers of one region, and read in the other", async () => {
  const caches: RegionalCache[] = [];
  const documents: Documents[] = [];
  for (const name of ["fra", "iad"]) {
    const cache = await openRegionalCache({ region: name, nats: nats.region(name).url, namespace: "large" });
    const one = new Documents(cache.storage.member as Region, { storage: cache.storage });
    caches.push(cache);
    documents.push(one);
    closing.push(
      () => cache.close(),
      () => one.close(),
    );
  }
  const [here, there] = documents as [Documents, Documents];
  const text = "x".repeat(1_000_000);
  await here.put("large", text);
  await caches[0]?.storage.idle();
  const instant = Date.now() + 3_600_000;
  expect(await here.expire("large", instant)).toBe(true);
  const { version: minVersion = "", expiresAt } = (await here.get("large")) ?? {};
  expect(expiresAt).toBe(instant);
  const read = () => there.get("large", { minVersion, timeout: 60_000 });
  await until("its bytes can be had", async () => (await read())?.value === text);
  expect(caches[0]?.requests()).toBe(1);
});

test("a document that is too large for a message is fetched from the member that has it", async () => {
  const files = await startFetchServer(async () => new Response(JSON.stringify("é".repeat(700_000))));
  closing.push(() => files.close());
  const options = { allowedOrigins: [files.url], token: "secret" };
  const [fra, iad] = [await open("fra", "too-large", options), await open("iad", "too-large", options)];
  const file = { url: `${files.url}/large.json` };
  await fra.documents.put("large", file, { meta: { kind: "file" }, expiresIn: 3_600_000 });
  const stored = await fra.documents.get("large");
  expect(stored).toMatchObject({ key: "large", value: "é".repeat(700_000), meta: { kind: "file" } });
  await until("both have it", async () => (await iad.documents.get("large")) !== undefined);
  const reader = await client("iad", "too-large", { token: "secret", deadline: 20_000 });
  expect(await reader.get("large")).toEqual(stored);
  // Whichever answers first: where it does not hand it over, the other one does.
  for (const place of [fra, iad]) {
    place.lose = true;
    expect(await reader.get("large")).toEqual(stored);
    place.lose = false;
  }
  const stranger = await client("iad", "too-large");
  await expect(stranger.get("large")).rejects.toMatchObject({
    tag: "TransferError",
    message: expect.stringContaining("answered with status 401"),
  });
});

test("what is too large for a message is what its server says", async () => {
  const server = await startNatsServer(
    'max_payload: 64KB\njetstream { store_dir: "$DIRECTORY", domain: "fra" }',
  );
  closing.push(() => server.stop());
  const at = `nats://${server.host}`;
  const value = "x".repeat(100_000);
  const files = await startFetchServer(async () => new Response(JSON.stringify(value)));
  closing.push(() => files.close());
  const { documents, requests } = await open("fra", "small", { at, allowedOrigins: [files.url] });
  await documents.put("file", { url: `${files.url}/file.json` });
  const reader = await client("fra", "small", { nats: at, deadline: 20_000 });
  expect(await reader.get("file")).toMatchObject({ key: "file", value });
  expect(requests).toEqual(["GET"]);
});

test("within a region a reference is fetched by its reader, from an origin that this one allows", async () => {
  const files = await startFetchServer(async () => new Response('{"from":"file"}'));
  closing.push(() => files.close());
  // A member that would answer, and is not asked: only another region's readers ask who wrote it.
  const writer = await open("fra", "reference", { allowedOrigins: [files.url] });
  const reader = await Region.open({ region: "fra", nats: nats.region("fra").url, namespace: "reference" });
  const [strict, allowing] = [new Documents(reader), new Documents(reader, { allowedOrigins: [files.url] })];
  closing.push(
    () => reader.close(),
    () => strict.close(),
    () => allowing.close(),
  );
  await until("the reader knows the member", () => reader.members().length > 0);
  await expect(strict.put("a", { url: `${files.url}/a.json` })).rejects.toThrow(
    `may not refer to ${files.url}`,
  );
  await writer.documents.put("a", { url: `${files.url}/a.json` });
  expect(await writer.documents.expire("a", Date.now() + 3_600_000)).toBe(true);
  expect((await allowing.get("a"))?.value).toEqual({ from: "file" });
  await expect(strict.get("a")).rejects.toThrow(`may not refer to ${files.url}`);
  expect(writer.requests).toEqual([]);
});
