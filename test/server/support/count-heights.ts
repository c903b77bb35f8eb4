/** Resources for pipelines of a server under test: heights by latitude, which the test is asked for so that it can count. */
import type { Coordinates } from "@zarr-cache/arrays";
import { type EvalContext, resource } from "@zarr-cache/nodes";

const heights = resource("heights", async (coordinates: Coordinates, { signal }: EvalContext) => {
  const body = JSON.stringify(Array.from(coordinates.get("lat")));
  const init = { method: "POST", body, ...(signal && { signal }) };
  const answer = await fetch(process.env["HEIGHTS_URL"] as string, init);
  if (!answer.ok) throw new Error(`no heights from ${answer.url}?key=secret`);
  return (await answer.json()) as number[];
});

export default [heights];
