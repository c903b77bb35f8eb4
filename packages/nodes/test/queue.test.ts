import { describe, expect, it } from "vitest";
import { queue, serveQueue } from "../src/evaluators/queue/index.ts";
import { loaded } from "../src/evaluators/queue/load-package.ts";
import { toldReason } from "../src/evaluators/queue/told-reason.ts";
import { createRegistry } from "../src/index.ts";
import { memoryStorage } from "./support/example.ts";

const redis = "redis://127.0.0.1:9";

describe("queue", () => {
  it.each([
    [{ redis, retries: 3 }, /options.retries/],
    [{ redis, concurrency: 0 }, /"concurrency" is 0; allowed: a whole number ≥ 1/],
    [{ redis, chunkPoints: 1.5 }, /chunkPoints/],
    [{ redis, patience: -1 }, /patience/],
    [{ redis, queue: "a:b" }, /"queue" is "a:b"; allowed: letters, digits/],
    [{ redis: { duplicate() {}, isCluster: true } }, /an ioredis Redis that is no Cluster/],
  ])("refuses the options %j", (options, message) => {
    expect(() => queue(options as never)).toThrow(message);
  });

  it("refuses a location without telling it, since there may be a password in it", () => {
    expect(() => queue({ redis: "http://someone:secret@redis.example" })).toThrow(/the URL of a Redis/);
    expect(() => queue({ redis: "http://someone:secret@redis.example" })).not.toThrow(/secret/);
  });

  it("says how to install what it needs", async () => {
    const missing = loaded("bullmq", () => import("a-package-that-is-not-there" as string));
    await expect(missing).rejects.toThrow(
      '@zarr-cache/nodes/queue needs the package "bullmq": npm install bullmq',
    );
    const broken = loaded("bullmq", () => Promise.reject(new SyntaxError("broken")));
    await expect(broken).rejects.toThrow("broken");
  });
});

it("tells of errors neither passwords nor queries of URLs", () => {
  const told = toldReason(new Error("no heights from https://me:pass@example.org/a/b?key=secret (503)"));
  expect(told).toBe("no heights from https://example.org/a/b (503)");
  expect(toldReason("redis://:word@127.0.0.1:6379/2 is full")).toBe("redis://127.0.0.1:6379/2 is full");
});

describe("serveQueue", () => {
  const options = { redis, registry: createRegistry(), allow: [] };
  it("refuses options that are unknown or impossible, and to work without a cache", async () => {
    await expect(serveQueue({ ...options, environment: {} } as never)).rejects.toThrow(/environment.cache/);
    const environment = { cache: memoryStorage() };
    await expect(serveQueue({ ...options, environment, lockDuration: 0 })).rejects.toThrow(/lockDuration/);
    await expect(serveQueue({ ...options, environment, speed: 1 } as never)).rejects.toThrow(/options.speed/);
  });

  it("rejects where Redis is not there", async () => {
    const serving = serveQueue({ ...options, environment: { cache: memoryStorage() } });
    await expect(serving).rejects.toThrow(
      "Redis at 127.0.0.1:9 cannot be used for the queue (connect ECONNREFUSED",
    );
  });
});
