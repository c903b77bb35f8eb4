/** Resources for pipelines of a server under test: heights by latitude, which the test is asked for so that it can count. */
import type { Coordinates } from "@zarr-cache/arrays";
import { resource } from "@zarr-cache/nodes";

const heights = resource("heights", async (coordinates: Coordinates) => {
  const body = JSON.stringify(Array.from(coordinates.get("lat")));
  const answer = await fetch(process.env["HEIGHTS_URL"] as string, { method: "POST", body });
  return (await answer.json()) as number[];
});

export default [heights];
