import { once } from "node:events";
import { connect } from "node:net";
import { DEFAULT_LIMITS } from "@zarr-cache/server";
import { describe, expect, it } from "vitest";
import { deferred, fakeClock } from "zarr-cache/testing";
import { knownHosts } from "../../src/guard/known-hosts.ts";
import { type NodeServer, nodeServer } from "../support/node-server.ts";
import { TaggedSource } from "../support/tagged-source.ts";
import type { TestContextOptions } from "../support/test-context.ts";
import { testServer } from "../support/test-server.ts";

const TEN = Uint8Array.from({ length: 10 }, (_, i) => i);
/** What the connection itself adds. */
const OF_THE_CONNECTION = ["connection", "date", "keep-alive", "transfer-encoding"];

const source = () => new TaggedSource().put("/c/0", TEN).put("/untold", TEN, null).put("/zarr.json", "{}");

/** Answers a question both ways, each by a server of its own on the same clock. */
async function both(
  questions: readonly (readonly [string, RequestInit?])[],
  options: TestContextOptions = {},
): Promise<unknown[][]> {
  const seen: unknown[][] = [];
  for (const over of ["response", "node"]) {
    const ticking = fakeClock();
    const own = { ...options, ticking };
    const server = over === "node" ? await nodeServer(source(), own) : testServer(source(), own);
    const answers: unknown[] = [];
    for (const [path, init] of questions) {
      const answer = await server.request(path, init);
      const headers = [...answer.headers].filter(([name]) => !OF_THE_CONNECTION.includes(name));
      answers.push([answer.status, Object.fromEntries(headers), await answer.text()]);
      ticking.advance(1500);
    }
    seen.push(answers);
    if ("taken" in server) await (server as NodeServer)[Symbol.asyncDispose]();
  }
  return seen;
}

describe("both ways out", () => {
  const reads: (readonly [string, RequestInit?])[] = [
    ["/stores/data/c/0"],
    ["/stores/data/c/0"],
    ["/stores/data/c/0?a"],
    ["/stores/data/c%2F0"],
    ["/stores/data/%63/0"],
    ["/stores/data/c/0", { method: "HEAD" }],
    ["/stores/data/c/0", { headers: { range: "bytes=2-3" } }],
    ["/stores/data/c/0", { headers: { "if-none-match": '"v1"' } }],
    ["/stores/data/c/0", { headers: { "if-match": '"v0"' } }],
    ["/stores/data/untold"],
    ["/stores/data/untold"],
    ["/stores/data/zarr.json"],
    ["/stores/data/missing"],
    ["/stores/data/missing", { method: "HEAD" }],
    ["/stores/other/c/0"],
    ["/stores/data/c//0"],
    ["/stores/data/c/0", { headers: { origin: "https://viewer.example" } }],
  ];

  it.each<[string, TestContextOptions]>([
    ["by default", {}],
    ["for pages of one origin", { cors: ["https://viewer.example"] }],
    ["with a token that is missing", { access: { judge: () => "unauthenticated" } }],
    ["with a token that does not reach so far", { access: { judge: () => "forbidden" } }],
    ["for another name", { hosts: knownHosts("192.0.2.1", ["zarr.example"]) }],
    ["with short URLs", { limits: { ...DEFAULT_LIMITS, maxUrlBytes: 19 } }],
    ["with a rate", { limits: { ...DEFAULT_LIMITS, ratePerSecond: 0.1, burst: 3 } }],
  ])("answer alike %s", async (_, options) => {
    const [responses, connections] = await both(reads, options);
    expect(connections).toEqual(responses);
  });

  it("answer alike where the source fails", async () => {
    const failing = () => {
      const failed = source();
      failed.failWith("away", 503);
      return failed;
    };
    await using node = await nodeServer(failing());
    const [one, other] = [await testServer(failing()).ask("/c/0"), await node.ask("/c/0")];
    expect([other.status, await other.text()]).toEqual([one.status, await one.text()]);
    expect(node.taken()).toBe(1);
  });
});

describe("the lane for reads", () => {
  it("takes reads of keys, and nothing else", async () => {
    await using server = await nodeServer(source());
    await server.ask("/c/0");
    await server.ask("/c/0", { method: "HEAD" });
    expect(server.taken()).toBe(2);
    for (const path of ["/", "/..%2fc"]) await server.ask(path);
    await server.ask("/c/0", { method: "OPTIONS" });
    await server.request("/healthz");
    expect(server.taken()).toBe(2);
  });

  it("leaves names that take some reading to others, which refuse them", async () => {
    await using server = await nodeServer(source(), { hosts: knownHosts("127.0.0.1", []) });
    for (const host of ["a b", "127.0.0.1, 127.0.0.1", "user@127.0.0.1", ""])
      expect(await statusOf(server.port, `GET /stores/data/c/0 HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toMatch(
        /4\d\d/,
      );
    expect(server.taken()).toBe(0);
    expect(await statusOf(server.port, "GET /stores/data/c/0 HTTP/1.1\r\nHost: LOCALHOST:1\r\n\r\n")).toBe(
      "200",
    );
  });

  it("does not believe the first of two tokens, as nobody else does", async () => {
    const seen: (string | null)[] = [];
    const access = {
      judge: (headers: Pick<Headers, "get">) => {
        seen.push(headers.get("authorization"));
        return "granted" as const;
      },
    };
    await using server = await nodeServer(source(), { access });
    const twice = "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n";
    await statusOf(server.port, `GET /stores/data/c/0 HTTP/1.1\r\nHost: localhost\r\n${twice}\r\n`);
    expect(seen).toEqual(["Bearer a, Bearer b"]);
  });

  it("counts what it takes as the application does, and as under way", async () => {
    const [asked, gate] = [deferred<void>(), deferred<Uint8Array>()];
    const get = () => {
      asked.resolve();
      return gate.promise;
    };
    await using server = await nodeServer({ get }, { limits: { ...DEFAULT_LIMITS, maxInFlight: 1 } });
    const url = `http://127.0.0.1:${server.port}/stores/data`;
    const held = fetch(`${url}/a`);
    await asked.promise;
    expect((await fetch(`${url}/b`)).status).toBe(503);
    gate.resolve(TEN);
    expect((await held).status).toBe(200);
    expect((await fetch(`${url}/a`)).status).toBe(200);
    const { requests } = server.context;
    expect(requests["stores GET 2xx"]).toMatchObject({ route: "stores", method: "GET", count: 2 });
    expect(requests["stores GET 5xx"]?.count).toBe(1);
  });

  it("ends a read whose client has left", async () => {
    const asked = deferred<AbortSignal>();
    const slow = {
      read: (_: string, { signal }: { signal?: AbortSignal } = {}) => {
        asked.resolve(signal as AbortSignal);
        return new Promise<never>((__, reject) =>
          signal?.addEventListener("abort", () => reject(signal.reason)),
        );
      },
      get: () => {
        throw new Error("asked by get");
      },
    };
    await using server = await nodeServer(slow);
    const socket = connect(server.port, "127.0.0.1");
    socket.write("GET /stores/data/c/0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const signal = await asked.promise;
    socket.destroy();
    if (!signal.aborted) await once(signal, "abort");
    expect(signal.aborted).toBe(true);
  });

  it("makes the same headers for the same second, and others for the next", async () => {
    await using server = await nodeServer(source());
    await server.ask("/c/0");
    const ages = [];
    for (const milliseconds of [0, 900, 200, 5000]) {
      server.clock.advance(milliseconds);
      ages.push((await server.ask("/c/0")).headers.get("age"));
    }
    expect(ages).toEqual(["0", "0", "1", "6"]);
  });

  it("tells another version as soon as there is one", async () => {
    const changing = source();
    await using server = await nodeServer(changing);
    await server.ask("/c/0");
    expect((await server.ask("/c/0")).headers.get("etag")).toBe('"v1"');
    changing.put("/c/0", TEN.slice(0, 4), '"v2"');
    await server.store.invalidate("/c/0");
    await server.ask("/c/0");
    const { headers } = await server.ask("/c/0");
    expect([headers.get("etag"), headers.get("content-length")]).toEqual(['"v2"', "4"]);
  });
});

/** The status of the answer to a request as it is written. */
async function statusOf(port: number, request: string): Promise<string | undefined> {
  const socket = connect(port, "127.0.0.1");
  try {
    socket.write(request);
    const [answer] = await once(socket, "data");
    return /^HTTP\/1\.1 (\d+)/.exec(String(answer))?.[1];
  } finally {
    socket.destroy();
  }
}
