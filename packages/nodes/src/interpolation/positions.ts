import { type Picks, pickAt, picksSize } from "@zarr-cache/arrays/parts";

/** Positions as a selection. */
export function listed(positions: Readonly<Record<string, Picks>>): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(positions).map(([dim, picks]) => [
      dim,
      Array.from({ length: picksSize(picks) }, (_, at) => pickAt(picks, at)),
    ]),
  );
}
