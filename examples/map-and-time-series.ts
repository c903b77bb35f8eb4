/** Draws a map and a time series of the sea-surface temperature, without a browser. */
import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dataset } from "@zarr-cache/arrays";
import { plot, toPNG } from "@zarr-cache/arrays/picture";
import * as zarr from "zarrita";
import { distantServer } from "./support/distant-server.ts";

const store = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
const temperature = (await Dataset.open(store)).get("SST");
const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), "zarr-cache-pictures-")));

const january = await temperature.isel({ TIME: 0 }).load();
const options = { colorMap: "turbo", limits: [-2, 32] } as const;
await writeFile(join(folder, "map.svg"), plot(january, { ...options, title: "Sea surface, January" }));
await writeFile(join(folder, "map.png"), toPNG(january, options));

const point = await temperature.sel({ COADSY: 45, COADSX: 340 }, { method: "nearest" }).load();
await writeFile(join(folder, "series.html"), plot(point, { format: "html", title: "45°N 20°W" }));

for (const name of ["map.svg", "map.png", "series.html"]) {
  const { size } = await stat(join(folder, name));
  assert.ok(size > 1000);
  console.log(`${name}: ${Math.round(size / 1000)} kB`);
}
if (!process.argv[2]) await rm(folder, { recursive: true });
