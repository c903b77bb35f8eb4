import { expect, it, vi } from "vitest";
import { RedisBudgetLedger, RedisStoreIndex } from "zarr-cache/redis";

vi.mock("ioredis", () => {
  throw new Error("Cannot find package 'ioredis'");
});

const OPTIONS = { redis: "redis://:hunter2@127.0.0.1:1", namespace: "n", maxBytes: "1 MB" };
const MISSING = {
  tag: "MissingDependencyError",
  message: expect.stringMatching(/^[^.]*"ioredis": npm install ioredis$/) as unknown,
};

it("says in a sentence how to install what is missing, and nothing of the URL", async () => {
  await expect(new RedisStoreIndex(OPTIONS).open()).rejects.toMatchObject(MISSING);
  await expect(new RedisBudgetLedger(OPTIONS).open()).rejects.toMatchObject(MISSING);
});

it("asks for no package where it is given a client", async () => {
  const client = {
    duplicate: () => {
      throw new Error("copied");
    },
  };
  await expect(new RedisStoreIndex({ ...OPTIONS, redis: client }).open()).rejects.toThrow(/copied/);
});
