import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes an empty directory that is removed when this process exits, interrupted or not. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "zarr-cache-demo-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const)
    process.once(signal, () => process.exit(128 + number));
  return directory;
}
