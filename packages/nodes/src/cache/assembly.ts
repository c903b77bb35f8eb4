import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { copyLabels } from "./copy-labels.ts";

/**
 * Puts arrays together by label, each when it comes; of what is in several, the last counts, and what is in none is NaN.
 * Dimensions that only they have are kept; the first says which.
 */
export class Assembly {
  readonly #target: Coordinates;
  #whole: UnitsDataArray | undefined;

  constructor(target: Coordinates) {
    this.#target = target;
  }

  /** Copies an array to its place. */
  add(piece: UnitsDataArray): void {
    this.#whole ??= empty(this.#target, piece);
    if (piece.dtype !== "float32" && this.#whole.dtype === "float32") this.#whole = widened(this.#whole);
    copyLabels(this.#whole, piece);
  }

  /** What was put together; undefined where nothing was. */
  get whole(): UnitsDataArray | undefined {
    return this.#whole;
  }
}

/** Puts arrays together by label; there is at least one. See {@link Assembly}. */
export function assembled(target: Coordinates, pieces: readonly UnitsDataArray[]): UnitsDataArray {
  const assembly = new Assembly(target);
  for (const piece of pieces) assembly.add(piece);
  return assembly.whole as UnitsDataArray;
}

/** As the pieces are like this one, and NaN everywhere. */
function empty(target: Coordinates, piece: UnitsDataArray): UnitsDataArray {
  const { bands, units, attrs, name, coordinates, dtype } = piece;
  const extra = coordinates.parts.filter(({ names }) => !names.some((each) => target.udims.includes(each)));
  const all = Coordinates.of([...target.parts, ...extra], { crs: target.crs, dimensions: "any" });
  const size = all.size * (bands?.length ?? 1);
  const data = (dtype === "float32" ? new Float32Array(size) : new Float64Array(size)).fill(Number.NaN);
  return new UnitsDataArray(data, all, { bands, units, attrs, name });
}

function widened(array: UnitsDataArray): UnitsDataArray {
  const { coordinates, dims, bands, units, attrs, name } = array;
  const data = Float64Array.from(array.toTypedArray());
  return new UnitsDataArray(data, coordinates, { dims, bands, units, attrs, name });
}
