/** Types and resources for threads that evaluate. */
import type { Coordinates } from "@zarr-cache/arrays";
import { createRegistry, resource } from "@zarr-cache/nodes";

/** A value of each latitude that takes some work; it fails at 13, and at 66 the whole thread dies. */
export const wave = resource("wave", (coordinates: Coordinates) => {
  const lats = coordinates.get("lat");
  if (lats.includes(66)) process.exit(3);
  if (lats.includes(13)) throw new RangeError("thirteen");
  return lats.map((lat) => Math.sin(lat) * 100);
});

let ticks = 0;

/** How often this thread has been asked, which shows whether a result is an old one. */
export const tick = resource("tick", (coordinates: Coordinates) => {
  ticks += 1;
  return coordinates.get("lat").map(() => ticks);
});

export const registry = createRegistry().provide(wave, tick);
