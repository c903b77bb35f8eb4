/** Several processes share one directory: what any of them has read, none asks the source for again. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCache } from "zarr-cache/node";
import * as zarr from "zarrita";
import { distantServer, requests } from "./support/distant-server.ts";

async function readThrough(directory: string): Promise<void> {
  const cache = await openCache(directory, { maxBytes: "1 GB" });
  const source = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
  const store = cache.wrap(source, "coads");
  await zarr.get(await zarr.open(zarr.root(store).resolve("SST"), { kind: "array" }));
  await cache.close();
}

const [, program = "", directory] = process.argv;
if (directory) {
  await readThrough(directory);
  process.send?.(requests.length);
} else {
  const shared = await mkdtemp(join(tmpdir(), "zarr-cache-example-"));
  const inAnotherProcess = async (): Promise<number> => {
    const child = fork(program, [shared]);
    const [[count]] = await Promise.all([once(child, "message"), once(child, "exit")]);
    return count;
  };
  const [one = 0, other = 0] = await Promise.all([inAnotherProcess(), inAnotherProcess()]);
  const later = await inAnotherProcess();
  console.log(`Two processes at once: ${one} + ${other} requests; another, later: ${later}`);
  assert.deepEqual([one + other, later], [14, 0], "two of metadata and twelve chunks, once");
  await rm(shared, { recursive: true });
}
