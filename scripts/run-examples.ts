import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What is longer shows more than one thing. */
const MOST_LINES = 39;

/** Runs each program in `examples/` from source, in the order of their names, and stops at the first that fails. */
const folder = fileURLToPath(new URL("../examples", import.meta.url));
const programs = readdirSync(folder)
  .filter((name) => name.endsWith(".ts"))
  .sort();

for (const program of programs) {
  console.log(`\nexamples/${program}`);
  const lines = readFileSync(join(folder, program), "utf8").trimEnd().split("\n").length;
  if (lines > MOST_LINES) {
    console.error(`examples/${program} has ${lines} lines, more than ${MOST_LINES}`);
    process.exit(1);
  }
  const { status, signal } = spawnSync(
    process.execPath,
    ["--conditions=@zarr-cache/source", "--import", "tsx", program],
    { cwd: folder, stdio: ["ignore", "inherit", "inherit"] },
  );
  if (status !== 0) {
    console.error(`examples/${program} ended with ${signal ?? status}`);
    process.exit(1);
  }
}
console.log(`\n${programs.length} examples ran`);
