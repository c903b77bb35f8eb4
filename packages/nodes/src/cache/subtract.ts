import { Coordinates } from "@zarr-cache/arrays";
import { type Part, picksOf, sizeOf, takePart } from "@zarr-cache/arrays/parts";
import { placesIn } from "./copy-labels.ts";

/** A block of a request: which points of each of its parts. */
export type Block = readonly Int32Array[];

/** All points of a request. */
export function wholeBlock(target: Coordinates): Block {
  return target.parts.map(({ shape }) => Int32Array.from({ length: sizeOf(shape) }, (_, at) => at));
}

/**
 * What is left of blocks without the labels that other coordinates have, as blocks that do not overlap: slab by slab, one
 * for each part. Undefined where the two share nothing, or have other dimensions.
 */
export function subtract(
  blocks: readonly Block[],
  target: Coordinates,
  known: Coordinates,
): Block[] | undefined {
  const names = (part: Part) => [...part.names].sort().join();
  const there = new Set(known.parts.map(names));
  if (known.parts.length !== target.parts.length || !target.parts.every((part) => there.has(names(part))))
    return undefined;
  const places = target.parts.map((part) => placesIn(part, known));
  let shares = false;
  const left = blocks.flatMap((block) => {
    const inside = block.map((points, part) => points.filter((at) => (places[part]?.[at] as number) >= 0));
    if (inside.some(({ length }) => length === 0)) return [block];
    shares = true;
    return block.flatMap((points, part): Block[] => {
      const outside = points.filter((at) => (places[part]?.[at] as number) < 0);
      if (outside.length === 0) return [];
      return [
        block.map((each, other) =>
          other < part ? (inside[other] as Int32Array) : other === part ? outside : each,
        ),
      ];
    });
  });
  return shares ? left : undefined;
}

/** The coordinates of a block; a stack of several dimensions becomes one of a single dimension unless it is whole. */
export function coordinatesOf(target: Coordinates, block: Block): Coordinates {
  const parts = target.parts.map((part, at): Part => {
    const points = block[at] as Int32Array;
    if (points.length === sizeOf(part.shape)) return part;
    const flat = { names: part.names, shape: [sizeOf(part.shape)], columns: part.columns } as Part;
    return takePart(flat, [picksOf(points)]);
  });
  return Coordinates.of(parts, { crs: target.crs, dimensions: "any" });
}
