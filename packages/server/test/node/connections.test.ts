import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { deferred } from "zarr-cache/testing";
import { limitsSection } from "../../src/config/server-sections.ts";
import { createHttpServer, drain, type HttpServer, listen } from "../../src/node/http-server.ts";

const running = new Set<HttpServer>();
afterEach(async () => {
  for (const server of running) {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }
  running.clear();
});

/** A server with these limits that answers everything with so many bytes; its connections, and what it was asked. */
async function serve(limits: Parameters<typeof limitsSection.parse>[0], bytes = 2) {
  const asked: string[] = [];
  const body = Buffer.alloc(bytes, 1);
  const server = createHttpServer(
    async (asking) => {
      await asking.arrayBuffer();
      asked.push(asking.url);
      return new Response(body, { headers: { "content-length": String(bytes) } });
    },
    () => false,
    limitsSection.parse(limits),
  );
  running.add(server);
  const port = await listen(server, "127.0.0.1", 0);
  expect(port).toBe((server.address() as AddressInfo).port);
  /** A client, and its connection as the server has it. */
  const client = async (): Promise<{ socket: Socket; held: Socket }> => {
    const accepted = once(server, "connection");
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    const [held] = await accepted;
    return { socket, held: held as Socket };
  };
  return { client, asked };
}

const request = (more = "") => `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}\r\n`;

it("leaves a client that does not take its answer: more than any buffer between holds", async () => {
  const { client, asked } = await serve({ sendTimeout: 200 }, 64 * 2 ** 20);
  const { socket, held } = await client();
  socket.pause();
  const left = once(held, "close");
  socket.write(request());
  await left;
  expect(asked).toHaveLength(1);
  let bytes = 0;
  socket.on("data", (piece) => {
    bytes += piece.byteLength;
  });
  await once(socket.resume(), "close");
  expect(bytes).toBeLessThan(64 * 2 ** 20);
});

it("waits for a client that takes its answer, however long that is", async () => {
  const { client } = await serve({ sendTimeout: 60_000 }, 64 * 2 ** 20);
  const { socket } = await client();
  socket.write(request("Connection: close\r\n"));
  let bytes = 0;
  for await (const piece of socket) bytes += (piece as Buffer).byteLength;
  expect(bytes).toBeGreaterThan(64 * 2 ** 20);
});

it("answers over an only connection where a request is read, over several at the end of the turn", async () => {
  let taken = 0;
  const lane = (_: unknown, outgoing: ServerResponse) => {
    taken++;
    outgoing.end();
    return true;
  };
  const server = createHttpServer(async () => new Response(), lane, limitsSection.parse({}));
  running.add(server);
  const atOnce: number[] = [];
  server.on("request", () => atOnce.push(taken));
  const port = await listen(server, "127.0.0.1", 0);
  const client = async () => {
    const accepted = once(server, "connection");
    const socket = connect(port, "127.0.0.1");
    await accepted;
    return socket;
  };
  const answered = async (socket: Socket) => {
    socket.write(request());
    await once(socket, "data");
  };
  const first = await client();
  await answered(first);
  const second = await client();
  await answered(first);
  await answered(second);
  expect([atOnce, taken]).toEqual([[1, 1, 2], 3]);
  const closed = once(first, "close");
  first.destroy();
  second.destroy();
  await closed;
});

it("refuses a head that is longer than it takes: RFC 6585 §5", async () => {
  const { client, asked } = await serve({ maxHeaderBytes: 2048 });
  const answer = async (length: number) => {
    const { socket } = await client();
    const closed = once(socket, "close");
    socket.write(request(`X-Long: ${"x".repeat(length)}\r\nConnection: close\r\n`));
    let text = "";
    for await (const piece of socket.setEncoding("latin1")) text += piece;
    await closed;
    return text.split("\r\n")[0];
  };
  expect(await answer(1500)).toBe("HTTP/1.1 200 OK");
  expect(asked).toHaveLength(1);
  expect(await answer(2500)).toBe("HTTP/1.1 431 Request Header Fields Too Large");
  expect(asked).toHaveLength(1);
});

it.each(["head", "body"])(
  "gives a client that sends no more of its %s no more time than it may take",
  async (what) => {
    const { client, asked } = await serve({ requestTimeout: 200 });
    const { socket } = await client();
    socket.setEncoding("latin1");
    const head = "PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n";
    socket.write(what === "head" ? `${head}X-Slow: ` : `${head}\r\nfive!`);
    let text = "";
    for await (const piece of socket) text += piece;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(asked).toEqual([]);
  },
);

describe("a server that is to end", () => {
  /** What it has asked its handler, which answers when it is let go. */
  async function holding() {
    const [asked, gate] = [deferred<void>(), deferred<void>()];
    const answer = async ({ url }: Request) => {
      if (url.endsWith("/quick")) return new Response("quick");
      asked.resolve();
      await gate.promise;
      return new Response("late");
    };
    const server = createHttpServer(answer, () => false, limitsSection.parse({}));
    running.add(server);
    const port = await listen(server, "127.0.0.1", 0);
    const connected = async () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      return socket.setEncoding("latin1");
    };
    return { server, connected, asked, gate };
  }

  it("closes what waits for its next request, and lets answers go out", async () => {
    const { server, connected, asked, gate } = await holding();
    const idle = await connected();
    idle.write(request().replace("/", "/quick"));
    await once(idle, "data");
    const busy = await connected();
    busy.write(request());
    await asked.promise;
    const drained = drain(server, 60_000);
    await once(idle.resume(), "close");
    expect(running.has(server) && server.listening).toBe(false);
    gate.resolve();
    let text = "";
    for await (const piece of busy) {
      text += piece;
      if (text.endsWith("late")) busy.end();
    }
    expect(text).toMatch(/^HTTP\/1\.1 200 .*late$/s);
    await drained;
    running.delete(server);
  });

  it("does not wait for connections on which nothing was sent yet", async () => {
    const { server, connected } = await holding();
    const accepted = once(server, "connection");
    const spare = await connected();
    await accepted;
    const closed = once(spare.resume(), "close");
    await drain(server, 2 ** 30);
    await closed;
    running.delete(server);
  });

  it("waits no longer than it may", async () => {
    const { server, connected, asked } = await holding();
    const busy = await connected();
    busy.write(request());
    await asked.promise;
    const cut = once(busy.resume(), "close");
    await drain(server, 50);
    await cut;
    expect(busy.bytesRead).toBe(0);
    running.delete(server);
  });
});
