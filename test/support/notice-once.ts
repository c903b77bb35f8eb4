import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Says something once in a run of the tests, whichever of its processes come to say it. */
export function noticeOnce(name: string, text: string): void {
  try {
    // All are children of the process that runs the tests.
    writeFileSync(join(tmpdir(), `zarr-cache-notice-${process.ppid}-${name}`), text, { flag: "wx" });
  } catch {
    return;
  }
  console.warn(text);
}
