import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Runs each program in `examples/` from source, in the order of their names, and stops at the first that fails. */
const folder = fileURLToPath(new URL("../examples", import.meta.url));
const programs = readdirSync(folder)
  .filter((name) => name.endsWith(".ts"))
  .sort();

for (const program of programs) {
  console.log(`\nexamples/${program}`);
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
