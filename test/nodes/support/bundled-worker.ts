import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The worker of these tests as one file of JavaScript, since threads do not run TypeScript. */
export async function bundledWorker(): Promise<{ readonly file: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-worker-"));
  const file = join(directory, "worker.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("worker.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "node",
    conditions: ["@zarr-cache/source"],
    outfile: file,
  });
  return { file, remove: () => rm(directory, { recursive: true, force: true }) };
}
