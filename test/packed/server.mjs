// Runs in the empty project with the packed `@zarr-cache/server`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp, DEFAULT_LIMITS, Jobs, noBulletin, openAccess, silentLog } from "@zarr-cache/server";
import { openCache } from "zarr-cache/node";

const directory = await mkdtemp(join(tmpdir(), "zarr-cache-"));
try {
  const cache = await openCache(directory, { maxBytes: "64 MB" });
  const context = {
    stores: new Map(),
    cache,
    access: openAccess,
    cors: "*",
    limits: DEFAULT_LIMITS,
    log: silentLog,
    clock: Date.now,
    bulletin: noBulletin,
    jobs: new Jobs(noBulletin, Date.now),
    requests: {},
    isDraining: () => false,
    closing: new AbortController().signal,
    onClose() {},
  };
  const answer = await createApp(context).request("/healthz");
  assert.equal(answer.status, 200);
  await cache.close();
  const help = execFileSync(join("node_modules", ".bin", "zarr-cache"), ["--help"], { encoding: "utf8" });
  assert.match(help, /Usage: zarr-cache/);
  console.log("answered a request");
} finally {
  await rm(directory, { recursive: true, force: true });
}
