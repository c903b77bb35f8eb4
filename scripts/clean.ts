import { readdirSync, rmSync } from "node:fs";

// `tsc --build` leaves behind the outputs of sources that are gone, and they would be packed: start from nothing.
const root = new URL("..", import.meta.url);
const packages = readdirSync(new URL("packages", root)).map((name) => `packages/${name}`);
for (const folder of [...packages, "test", "examples", "benchmarks", "demo", "scripts"]) {
  rmSync(new URL(`${folder}/dist`, root), { recursive: true, force: true });
}
