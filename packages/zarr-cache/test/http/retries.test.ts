import { describe, expect, it } from "vitest";
import { backoff, parseRetryAfter } from "../../src/http/backoff.ts";
import { RetryBudget } from "../../src/http/retry-budget.ts";
import { counted } from "../support/bytes.ts";
import { passTime } from "../support/pass-time.ts";
import { fakeServer, ok } from "./support/fake-server.ts";

const VALUE = counted(100);
const failing = (status: number, headers: Record<string, string> = {}) =>
  new Response("no", { status, headers });

describe("a failed request", () => {
  it.each([429, 500, 502, 503, 504])("with status %i is tried again", async (status) => {
    const { source, clock, requests } = fakeServer((_, n) => (n < 3 ? failing(status) : ok(VALUE)));
    const reading = source.get("/c/0");
    await passTime(clock, reading);
    expect(await reading).toEqual(VALUE);
    expect(requests).toHaveLength(3);
  });

  it.each([400, 401, 403, 408, 409, 418, 501, 505])("with status %i is not", async (status) => {
    const { source, requests } = fakeServer(() => failing(status));
    await expect(source.get("/c/0")).rejects.toMatchObject({ tag: "SourceError", status, attempts: 1 });
    expect(requests).toHaveLength(1);
  });

  it("is tried as often as the option says, and the error tells all", async () => {
    const { source, clock, requests } = fakeServer(
      () => {
        throw new TypeError("fetch failed", { cause: new Error("ECONNRESET") });
      },
      { retries: { attempts: 3 } },
    );
    const reading = source.get("/c/0");
    await passTime(clock, reading);
    await expect(reading).rejects.toMatchObject({
      tag: "SourceError",
      attempts: 3,
      status: undefined,
      message: expect.stringContaining("ECONNRESET"),
      cause: expect.any(TypeError),
    });
    expect(requests).toHaveLength(3);
  });

  it("waits as long as the server asks, in seconds or until a date", async () => {
    const { source, clock } = fakeServer((_, n) => {
      if (n === 1) return failing(503, { "retry-after": "7" });
      return n === 2
        ? failing(429, { "retry-after": new Date(clock.now() + 5000).toUTCString() })
        : ok(VALUE);
    });
    const before = clock.now();
    const reading = source.get("/c/0");
    await passTime(clock, reading);
    expect(await reading).toEqual(VALUE);
    expect(clock.now() - before).toBeGreaterThanOrEqual(11_000);
    expect(clock.now() - before).toBeLessThan(13_000);
  });

  it("is not tried again where the server asks for more patience than there is", async () => {
    const { source } = fakeServer(() => failing(503, { "retry-after": "3600" }));
    await expect(source.get("/c/0")).rejects.toMatchObject({
      status: 503,
      attempts: 1,
      message: expect.stringMatching(/come back in 3600 s.*`retries\.longestDelay`/),
    });
  });

  it("that came short is tried again, and too long is not", async () => {
    const short = fakeServer(
      (_, n) => new Response(new Uint8Array(n < 2 ? 99 : 100), { headers: { "content-length": "100" } }),
    );
    const reading = short.source.get("/c/0");
    await passTime(short.clock, reading);
    expect(await reading).toEqual(new Uint8Array(100));
    const long = fakeServer(
      () => new Response(new Uint8Array(101), { headers: { "content-length": "100" } }),
    );
    await expect(long.source.get("/c/0")).rejects.toMatchObject({ tag: "SourceError", attempts: 1 });
  });

  it("is signed anew each time, and carries the headers", async () => {
    const { source, clock, requests } = fakeServer((_, n) => (n < 3 ? failing(503) : ok(VALUE)), {
      headers: { "x-key": "k" },
      sign: (request) => {
        const signed = new Request(request);
        signed.headers.set("authorization", `at ${clock.now()}`);
        return signed;
      },
    });
    await passTime(clock, source.get("/c/0"));
    expect(new Set(requests.map(({ headers }) => headers.get("authorization"))).size).toBe(3);
    expect(requests.every(({ headers }) => headers.get("x-key") === "k")).toBe(true);
  });
});

describe("a signature", () => {
  it("that never comes takes no more time than an answer, and holds no place", async () => {
    const { source, clock, requests } = fakeServer(() => ok(VALUE), {
      sign: () => new Promise(() => {}),
      timeouts: { firstByte: "2s" },
      retries: { attempts: 2, firstDelay: 0 },
      concurrency: 1,
    });
    const reading = source.get("/c/0");
    expect(await passTime(clock, reading)).toBeLessThan(4500);
    await expect(reading).rejects.toMatchObject({ tag: "SourceError", attempts: 2 });
    const abort = new AbortController();
    const left = source.get("/c/0", { signal: abort.signal });
    abort.abort(new Error("away"));
    await expect(left).rejects.toThrow("away");
    expect(requests).toEqual([]);
  });

  it.each([
    [new Error("no key at hand"), 1],
    [new TypeError("fetch failed", { cause: new Error("ECONNRESET") }), 2],
  ])("that cannot be made is told as such: %s", async (cause, attempts) => {
    const { source, clock, requests } = fakeServer(() => ok(VALUE), {
      sign: () => Promise.reject(cause),
      retries: { attempts: 2 },
    });
    const reading = source.get("/c/0");
    await passTime(clock, reading);
    await expect(reading).rejects.toMatchObject({
      tag: "SourceError",
      attempts,
      cause,
      message: expect.stringMatching(/`sign` failed: (no key|ECONNRESET)/),
    });
    expect(requests).toEqual([]);
  });
});

describe("the budget of retries", () => {
  it("bounds them while a server is down, and is full again after it", async () => {
    let isDown = true;
    const { source, clock, requests } = fakeServer(() => (isDown ? failing(503) : ok(VALUE)), {
      retries: { attempts: 10, budget: 4 },
    });
    for (let i = 0; i < 20; i++)
      await passTime(
        clock,
        source.get("/c/0").catch(() => {}),
      );
    expect(requests).toHaveLength(24);
    isDown = false;
    for (let i = 0; i < 40; i++) await source.get("/c/0");
    isDown = true;
    await passTime(
      clock,
      source.get("/c/0").catch(() => {}),
    );
    expect(requests).toHaveLength(24 + 40 + 5);
  });

  it("gets back what a success took", () => {
    const budget = new RetryBudget(2);
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
    budget.succeeded(2);
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
  });
});

describe("the time that a server has", () => {
  it("ends for the head of an answer", async () => {
    const { source, clock, requests } = fakeServer((request) => hang(request), {
      timeouts: { firstByte: "2s" },
      retries: { attempts: 2, firstDelay: 0 },
    });
    const reading = source.get("/c/0");
    expect(await passTime(clock, reading)).toBeLessThan(4500);
    await expect(reading).rejects.toMatchObject({
      attempts: 2,
      message: expect.stringContaining("timeouts.firstByte"),
    });
    expect(requests.every(({ signal }) => signal.aborted)).toBe(true);
  });

  it("ends between two pieces of a body, not while they come", async () => {
    const { source, clock } = fakeServer(() => dripping(clock.timers.set, 4, 1000, 5000), {
      timeouts: { stall: "3s" },
      retries: { attempts: 1 },
    });
    const reading = source.get("/c/0");
    const passed = await passTime(clock, reading);
    await expect(reading).rejects.toThrow("timeouts.stall");
    expect(passed).toBeGreaterThan(6500);
    expect(passed).toBeLessThan(7500);
  });

  it("ends in all, whatever is under way", async () => {
    const { source, clock, requests } = fakeServer(() => failing(503), {
      timeouts: { total: "1s" },
      retries: { attempts: 100, firstDelay: 400 },
    });
    const reading = source.get("/c/0");
    expect(await passTime(clock, reading)).toBeLessThan(1300);
    await expect(reading).rejects.toThrow("timeouts.total");
    expect(requests.length).toBeGreaterThan(1);
    expect(clock.pending).toBe(0);
  });
});

it.each([
  [1, 0, 0],
  [1, 0.5, 50],
  [2, 0.5, 100],
  [3, 0.999, 399.6],
  [20, 0.5, 500],
])("waits before retry %i, drawn %d, for %d ms of full jitter", (retry, drawn, pause) => {
  expect(backoff(retry, 100, 1000, () => drawn)).toBe(pause);
});

it.each([
  ["7", 7000],
  [" 7 ", 7000],
  ["Thu, 01 Jan 1970 00:00:09 GMT", 8000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["-7", undefined],
  ["soon", undefined],
  [null, undefined],
])("reads Retry-After %j (RFC 9110 §10.2.3)", (header, wait) => {
  expect(parseRetryAfter(header, 1000)).toBe(wait);
});

/** Never answers, and lets go when it is told to. */
function hang({ signal }: Request): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

/** A body of 100 bytes in pieces, each after a pause, and the rest after a long one. */
function dripping(
  set: (callback: () => void, milliseconds: number) => unknown,
  pieces: number,
  pause: number,
  last: number,
): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 1; i <= pieces; i++) set(() => controller.enqueue(counted(10)), i * pause);
      set(() => controller.close(), pieces * pause + last);
    },
  });
  return new Response(body, { headers: { "content-length": "100" } });
}
