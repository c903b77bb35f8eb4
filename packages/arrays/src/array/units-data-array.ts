import ndarray, { type NdArray } from "ndarray";
import type { Coordinates } from "../coordinates/coordinates.ts";
import { assertKnown, CoordinateError, InvalidArgumentError } from "../errors.ts";
import { showInNode } from "../inspect.ts";
import type { ArrayUnits } from "../units/band-units.ts";
import { operate } from "./arithmetic.ts";
import { type ArrayData, assertBands, inDimOrder, shapeOf, stridedOf } from "./array-data.ts";
import { type ArrayJson, arrayJson, readArrayJson } from "./array-json.ts";
import { convertedTo, mapped, raisedUnits } from "./change-units.ts";
import { type DType, dtypeOf } from "./dtype.ts";
import { BAND, type Labelled } from "./labelled.ts";
import { masked } from "./mask.ts";
import type { OperationName } from "./operation.ts";
import { type PositionSelection, resolvePositions } from "./position-selection.ts";
import { printArray } from "./print-array.ts";
import { type Dims, percentileArray, reducedArray } from "./reduce-array.ts";
import type { ReductionName } from "./reduction.ts";
import { Reductions } from "./reductions.ts";
import { resolveLabels, type Selection, type SelectionOptions } from "./selection.ts";
import { inOrder, type NumericData, ordered, permute, type Strided, sizeOf } from "./strided.ts";
import { takenOf } from "./take.ts";

/** What is known of an array beside its values and coordinates. */
export interface ArrayOptions {
  /** Labels of the dimension `band`, which is the last unless `dims` says otherwise. */
  readonly bands?: readonly string[] | undefined;
  /** The order of the dimensions of the data; that of the coordinates, and then `band`, unless told. */
  readonly dims?: readonly string[] | undefined;
  /** As CF writes them, or a map from band to units. */
  readonly units?: ArrayUnits;
  readonly name?: string | undefined;
  /** Whatever else is to be kept: style, params, provenance, the attributes of a file. */
  readonly attrs?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Numbers with labelled dimensions and a unit. Immutable as far as its own methods go: each returns a new array, which
 * may share the values. Arithmetic goes by label and converts units; reductions skip NaN.
 */
export class UnitsDataArray extends Reductions<UnitsDataArray> implements Labelled {
  readonly values: Strided;
  readonly dims: readonly string[];
  readonly coordinates: Coordinates;
  readonly bands: readonly string[] | undefined;
  readonly units: ArrayUnits;
  readonly name: string | undefined;
  readonly attrs: Readonly<Record<string, unknown>>;

  /** Takes the data over. Their number, and the shape of an ndarray, must be that of the dimensions. */
  constructor(data: ArrayData, coordinates: Coordinates, options: ArrayOptions = {}) {
    super();
    assertKnown("options", options, ["bands", "dims", "units", "name", "attrs"]);
    this.bands = assertBands(options.bands);
    this.dims = options.dims ?? [...coordinates.dims, ...(options.bands ? [BAND] : [])];
    this.coordinates = inDimOrder(coordinates, this.dims, options.bands);
    this.units = options.units;
    this.name = options.name;
    this.attrs = options.attrs ?? {};
    this.values = stridedOf(data, shapeOf(this), this.dims);
  }

  /** An array over these coordinates that holds one value everywhere: NaN unless told. */
  static create(
    coordinates: Coordinates,
    fill: number = Number.NaN,
    options: ArrayOptions = {},
  ): UnitsDataArray {
    const size = coordinates.size * (options.bands?.length ?? 1);
    return new UnitsDataArray(new Float64Array(size).fill(fill), coordinates, options);
  }

  /** Reads back what {@link toJSON} wrote, or its text. */
  static fromJSON(json: ArrayJson | string): UnitsDataArray {
    const { json: read, data, coordinates } = readArrayJson(json);
    const { name, dims, bands, units, attrs } = read;
    return new UnitsDataArray(data, coordinates, { name, dims, bands, units, attrs });
  }

  /** The values as an ndarray over the same memory. */
  get data(): NdArray<NumericData> {
    const { data, shape, stride, offset } = this.values;
    return ndarray(data, [...shape], [...stride], offset);
  }

  get shape(): readonly number[] {
    return this.values.shape;
  }

  get size(): number {
    return sizeOf(this.values.shape);
  }

  get dtype(): DType {
    return dtypeOf(this.values.data);
  }

  /** The values in C order: a copy only where they are not so already. */
  toTypedArray(): NumericData {
    return ordered(this.values);
  }

  /** The only value of an array of one. */
  item(): number {
    if (this.size !== 1)
      throw new CoordinateError(`item() needs an array of one value; this has ${this.size}`);
    return this.values.data[this.values.offset] as number;
  }

  add(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "add");
  }

  sub(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "sub");
  }

  mul(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "mul");
  }

  div(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "div");
  }

  /** The rest of a division, with the sign of the divisor. */
  mod(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "mod");
  }

  floordiv(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "floordiv");
  }

  /** Raises values and unit; where there is a unit, the exponent is one number. */
  pow(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "pow");
  }

  lt(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "lt");
  }

  le(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "le");
  }

  gt(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "gt");
  }

  ge(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "ge");
  }

  eq(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "eq");
  }

  ne(other: UnitsDataArray | number): UnitsDataArray {
    return this.#operate(other, "ne");
  }

  /** The square root of values and unit. */
  sqrt(): UnitsDataArray {
    return this.map(Math.sqrt).#with({ units: raisedUnits(this.units, 0.5) });
  }

  /** Applies a function to each value; the unit stays. */
  map(change: (value: number) => number): UnitsDataArray {
    return this.#with({ values: inOrder(mapped(this, change), this.shape) });
  }

  /** In another unit; for bands with units of their own, in one for all or in the map of their names. */
  to(units: string | Readonly<Record<string, string>>): UnitsDataArray {
    return this.#with(convertedTo(this, units));
  }

  /** Selects by label, see {@link Selection}. */
  sel(selection: Selection, options: SelectionOptions = {}): UnitsDataArray {
    return this.#with(takenOf(this, resolveLabels(this, selection, options)));
  }

  /** Selects by position. */
  isel(selection: PositionSelection): UnitsDataArray {
    return this.#with(takenOf(this, resolvePositions(this, selection)));
  }

  /** Dimensions in another order; without names, reversed. The values stay where they are. */
  transpose(...names: readonly string[]): UnitsDataArray {
    const dims = names.length === 0 ? [...this.dims].reverse() : names;
    const order = dims.map((name) => this.dims.indexOf(name));
    if (order.includes(-1) || new Set(order).size !== this.dims.length || dims.length !== this.dims.length)
      throw new CoordinateError(
        `transpose needs each of ${this.dims.join(", ")} once, not ${dims.join(", ")}`,
      );
    return this.#with({
      values: permute(this.values, order),
      dims,
      coordinates: inDimOrder(this.coordinates, dims, this.bands),
    });
  }

  /** Keeps the values where `condition` (not 0) holds, in its labels as well; elsewhere `other`, NaN unless told. */
  where(
    condition: UnitsDataArray | ((value: number) => boolean),
    other: number = Number.NaN,
  ): UnitsDataArray {
    if (typeof condition === "function") return this.map((value) => (condition(value) ? value : other));
    return this.#with(masked(this, condition, other));
  }

  median(dims?: Dims): UnitsDataArray {
    return this.percentile(50, dims);
  }

  /** The value below which `percent` of the values lie, linear between neighbours. */
  percentile(percent: number, dims?: Dims): UnitsDataArray {
    if (!(percent >= 0 && percent <= 100))
      throw new InvalidArgumentError("percent", percent, "a number from 0 to 100");
    return this.#with(percentileArray(this, percent, dims));
  }

  override reduce(name: ReductionName, dims?: Dims): UnitsDataArray {
    return this.#with(reducedArray(this, name, dims));
  }

  /** The same with other names, units or attributes. */
  with(changes: Pick<ArrayOptions, "name" | "units" | "attrs">): UnitsDataArray {
    assertKnown("changes", changes, ["name", "units", "attrs"]);
    return this.#with(changes);
  }

  toJSON(): ArrayJson {
    return arrayJson(this);
  }

  override toString(): string {
    return printArray(this);
  }

  #operate(other: UnitsDataArray | number, name: OperationName): UnitsDataArray {
    if (typeof other !== "number" && !(other instanceof UnitsDataArray))
      throw new InvalidArgumentError(name, other, "a UnitsDataArray or a number");
    return this.#with(operate(this, other, name));
  }

  #with(changes: Partial<Labelled> & Pick<ArrayOptions, "name" | "attrs">): UnitsDataArray {
    const { values, coordinates, dims, bands, units, name, attrs } = { ...this, ...changes };
    return new UnitsDataArray(values, coordinates, { dims, bands, units, name, attrs });
  }
}

showInNode(UnitsDataArray.prototype);
