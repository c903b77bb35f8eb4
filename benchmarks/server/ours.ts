import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Peer, startPeer } from "./peer.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Builds what is published, since a loader in front of the source adds calls to every request. */
export async function buildServer(): Promise<void> {
  await promisify(execFile)(join(ROOT, "node_modules/.bin/tsc"), ["--build", "packages/server"], {
    cwd: ROOT,
  });
}

/** Starts `zarr-cache serve` as an operator does, over a cache in a directory of its own. */
export async function startOurs(
  directory: string,
  originPort: number,
  options: { readonly workers?: number; readonly memory?: string; readonly maxBytes?: string } = {},
): Promise<Peer> {
  const { workers = 1, memory = "256 MB", maxBytes = "2 GB" } = options;
  const pidFile = join(directory, "server.json");
  const peer = await startPeer(directory, "sh", (port) => [
    ...[
      "-c",
      'exec "$0" "$@" > server.json',
      process.execPath,
      join(ROOT, "packages/server/bin/zarr-cache.js"),
    ],
    ...["serve", `http://127.0.0.1:${originPort}/`, "--id", "values", "--json"],
    ...["--listen", `127.0.0.1:${port}`, "--workers", String(workers)],
    ...["--cache", join(directory, "cache"), "--memory", memory, "--max-bytes", maxBytes],
  ]);
  for (;;) {
    const told = await readFile(pidFile, "utf8");
    if (told.endsWith("\n")) return { ...peer, url: `${peer.url}/stores/values`, pid: JSON.parse(told).pid };
    await new Promise(setImmediate);
  }
}
