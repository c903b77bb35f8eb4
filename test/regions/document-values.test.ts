import {
  type DocumentChange,
  Documents,
  type DocumentsOptions,
  documentHandler,
  Region,
} from "@zarr-cache/regions";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startFetchServer } from "../support/fetch-server.ts";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad");
});

afterAll(() => nats.stop());

async function serve(handle: (request: Request) => Promise<Response>) {
  const server = await startFetchServer(handle);
  onTestFinished(() => server.close());
  return server.url;
}

/** Documents of a region, which others of its members may ask for by HTTP. */
async function open(name: string, namespace: string, options: DocumentsOptions = {}): Promise<Documents> {
  let handle: ((request: Request) => Promise<Response>) | undefined;
  const url = await serve(async (request) => (await handle?.(request)) as Response);
  const { url: server } = nats.region(name);
  const region = await Region.open({ region: name, nats: server, namespace, url, heartbeat: 1000 });
  onTestFinished(() => region.close());
  const documents = new Documents(region, { token: "between", ...options });
  onTestFinished(() => documents.close());
  handle = documentHandler({ [namespace]: documents }, { token: "between" });
  return documents;
}

const wait = (minVersion: string) => ({ minVersion, timeout: 60_000 });

test("what a document refers to is fetched by the region that wrote it, for those who may not", async () => {
  const asked: string[] = [];
  const files = await serve(async (request) => {
    asked.push(new URL(request.url).pathname);
    return new Response('{"from":"file"}');
  });
  const fra = await open("fra", "holder", { allowedOrigins: [files] });
  const iad = await open("iad", "holder");
  const stranger = await open("iad", "holder", { token: "another" });
  const version = await fra.put("a", { url: `${files}/a.json` });
  expect((await iad.get("a", wait(version)))?.value).toEqual({ from: "file" });
  expect(asked).toEqual(["/a.json"]);
  await expect(stranger.get("a")).rejects.toMatchObject({
    tag: "TransferError",
    message: 'Region "fra" holds "a", and its member answered with status 401.',
  });
  await expect(iad.put("b", { url: `${files}/a.json` })).rejects.toMatchObject({
    tag: "OriginNotAllowedError",
  });
});

test("what is not what the mode says is an error of that document alone, and told to those who watch", async () => {
  const texts = await open("fra", "modes", { mode: "text" });
  const objects = await open("iad", "modes");
  await expect(texts.put("a", { no: "text" })).rejects.toThrow('"value" is {"no":"text"}; allowed: text.');
  const changes: DocumentChange[] = [];
  const watching = (async () => {
    for await (const change of objects.watch()) {
      changes.push(change);
      if (change.type === "put" && change.document.key === "after") return;
    }
  })();
  await until("it is told", async () => {
    // The watch begins at some moment; what is told before it does not count.
    if (changes.length === 0) await objects.put("first", 0);
    return changes.length > 0;
  });
  const version = await texts.put("a", "no JSON");
  expect((await texts.get("a"))?.value).toBe("no JSON");
  const isTold = () => changes.some(({ type }) => type === "unreadable");
  await until("those who watch are told", isTold);
  await expect(objects.get("a", wait(version))).rejects.toMatchObject({
    tag: "InvalidArgumentError",
    message: expect.stringContaining("the mode that the document was put with"),
  });
  // The next is told as well.
  await objects.put("after", 1);
  await watching;
  const unreadable = changes.find(({ type }) => type === "unreadable");
  expect(unreadable).toMatchObject({ key: "a", version, error: { tag: "InvalidArgumentError" } });
});

test("a value that is too large to travel, where no storage takes it, is refused with what to do", async () => {
  const documents = await open("fra", "too-large");
  await expect(documents.put("a", "x".repeat(300_000))).rejects.toMatchObject({
    tag: "DocumentTooLargeError",
    bytes: 300_002,
    message: expect.stringMatching(
      /262144 are allowed\. Give the documents a storage for larger ones, or put/,
    ),
  });
  await documents.put("a", 1);
  expect((await documents.get("a"))?.value).toBe(1);
});
