import type { Coordinates } from "@zarr-cache/arrays";
import { Arithmetic, createRegistry, type EvalContext, FunctionSource, resource } from "@zarr-cache/nodes";

/** A pipeline over a source of latitudes that a test counts, and the registry that knows it. */
export function heightsOver(heights: (latitudes: readonly number[]) => Promise<readonly number[]>) {
  const fn = resource("heights", async (coordinates: Coordinates, { signal }: EvalContext) => {
    const ended = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    return [...(await Promise.race([heights(Array.from(coordinates.get("lat"))), ended]))];
  });
  const source = new FunctionSource({ fn, dims: ["lat"], units: "m" });
  const node = new Arithmetic({ eqn: "k * A", operands: { A: source }, constants: { k: 2 } });
  return { node, registry: createRegistry().provide(fn) };
}
