import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { openCache } from "../../src/node/index.ts";

vi.mock("ioredis", () => {
  throw new Error("Cannot find package 'ioredis'");
});
vi.mock("@aws-sdk/client-s3", () => {
  throw new Error("Cannot find package '@aws-sdk/client-s3'");
});

const SHARED = { index: "redis://:hunter2@127.0.0.1:1", maxBytes: "1 MB" };

it("openCache names the command that installs what is missing", async () => {
  await expect(openCache("s3://my_bucket/chunks", SHARED)).rejects.toMatchObject({
    tag: "MissingDependencyError",
    message: expect.stringMatching(/^[^.]*npm install @aws-sdk\/client-s3$/),
  });
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await expect(openCache(directory, { ...SHARED, namespace: "n" })).rejects.toMatchObject({
    tag: "MissingDependencyError",
    message: expect.stringMatching(/^[^.]*npm install ioredis$/),
  });
});
