import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { copyLabels } from "./copy-labels.ts";

/**
 * Puts arrays together by label, each when it comes; of what is in several, the last counts. Dimensions that only they have are
 * kept; the first says which. What is in none is NaN; where that is never so, but for what is left out by name, no NaN is written
 * that values would replace.
 */
export class Assembly {
  readonly #target: Coordinates;
  readonly #isCovered: boolean;
  readonly #left: Coordinates[] = [];
  #whole: UnitsDataArray | undefined;

  constructor(target: Coordinates, { isCovered = false }: { readonly isCovered?: boolean } = {}) {
    this.#target = target;
    this.#isCovered = isCovered;
  }

  /** Leaves a part of the target out. */
  leave(part: Coordinates): void {
    if (this.#isCovered) this.#left.push(part);
  }

  /** Copies an array to its place. */
  add(piece: UnitsDataArray): void {
    this.#whole ??= empty(this.#target, piece, this.#isCovered ? 0 : Number.NaN);
    if (piece.dtype !== "float32" && this.#whole.dtype === "float32") this.#whole = widened(this.#whole);
    copyLabels(this.#whole, piece);
  }

  /** What was put together; undefined where nothing was. */
  get whole(): UnitsDataArray | undefined {
    const whole = this.#whole;
    for (const part of whole ? this.#left.splice(0) : [])
      copyLabels(whole as UnitsDataArray, nothingAt(part, whole as UnitsDataArray));
    return whole;
  }
}

/** Puts arrays together by label; there is at least one. See {@link Assembly}. */
export function assembled(target: Coordinates, pieces: readonly UnitsDataArray[]): UnitsDataArray {
  const assembly = new Assembly(target);
  for (const piece of pieces) assembly.add(piece);
  return assembly.whole as UnitsDataArray;
}

/** As the pieces are like this one, and the same everywhere. */
function empty(target: Coordinates, piece: UnitsDataArray, value: number): UnitsDataArray {
  const { bands, units, attrs, name, dtype } = piece;
  const all = withOwnDims(target, piece);
  const size = all.size * (bands?.length ?? 1);
  const data = dtype === "float32" ? new Float32Array(size) : new Float64Array(size);
  return new UnitsDataArray(value === 0 ? data : data.fill(value), all, { bands, units, attrs, name });
}

/** NaN at a part of the target, in all dimensions of an array. */
function nothingAt(part: Coordinates, like: UnitsDataArray): UnitsDataArray {
  return UnitsDataArray.create(withOwnDims(part, like), Number.NaN, { bands: like.bands });
}

/** Coordinates with the dimensions that only an array has. */
function withOwnDims(target: Coordinates, { coordinates }: UnitsDataArray): Coordinates {
  const extra = coordinates.parts.filter(({ names }) => !names.some((each) => target.udims.includes(each)));
  return Coordinates.of([...target.parts, ...extra], { crs: target.crs, dimensions: "any" });
}

function widened(array: UnitsDataArray): UnitsDataArray {
  const { coordinates, dims, bands, units, attrs, name } = array;
  const data = Float64Array.from(array.toTypedArray());
  return new UnitsDataArray(data, coordinates, { dims, bands, units, attrs, name });
}
