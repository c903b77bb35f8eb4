import ndarray, { type NdArray } from "ndarray";
import { type JsonNumber, jsonNumber } from "../coordinates/axis.ts";
import { Coordinates } from "../coordinates/coordinates.ts";
import type { CoordinatesDefinition } from "../coordinates/definition.ts";
import { partDims } from "../coordinates/part.ts";
import { allPicks, type Picks } from "../coordinates/picks.ts";
import { assertKnown, CoordinateError, InvalidArgumentError, shown } from "../errors.ts";
import { showInNode } from "../inspect.ts";
import { type ArrayUnits, collapseUnits, isPerBand, singleUnits, unitsOfBand } from "../units/band-units.ts";
import { conversion, powerOfUnits } from "../units/unit.ts";
import { operate } from "./arithmetic.ts";
import { broadcast } from "./broadcast.ts";
import { type DType, dtypeOf, isNumericData, zeros } from "./dtype.ts";
import { BAND, type Labelled } from "./labelled.ts";
import type { OperationName } from "./operation.ts";
import { type PositionSelection, resolvePositions } from "./position-selection.ts";
import { printArray } from "./print-array.ts";
import {
  gather,
  quantileOf,
  type ReductionName,
  reducedDims,
  reducedSize,
  reduceStrided,
  targetStride,
} from "./reduction.ts";
import { type Chosen, resolveLabels, type Selection, type SelectionOptions } from "./selection.ts";
import {
  eachRow,
  inOrder,
  type NumericData,
  ordered,
  permute,
  type Strided,
  sizeOf,
  stridesOf,
  takeStrided,
} from "./strided.ts";

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

/** Values that an array can be made of: in C order, or an ndarray of the shape. */
export type ArrayData = NumericData | readonly number[] | Strided;

/** The dimensions of a reduction: all unless told. */
export type Dims = string | readonly string[];

/** An array as JSON. */
export interface ArrayJson {
  readonly name?: string;
  readonly dims: readonly string[];
  readonly dtype: DType;
  readonly coordinates: CoordinatesDefinition;
  readonly bands?: readonly string[];
  readonly units?: string | Readonly<Record<string, string>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly data: readonly JsonNumber[];
}

/**
 * Numbers with labelled dimensions and a unit. Immutable as far as its own methods go: each returns a new array, which
 * may share the values. Arithmetic goes by label and converts units; reductions skip NaN.
 */
export class UnitsDataArray implements Labelled {
  readonly values: Strided;
  readonly dims: readonly string[];
  readonly coordinates: Coordinates;
  readonly bands: readonly string[] | undefined;
  readonly units: ArrayUnits;
  readonly name: string | undefined;
  readonly attrs: Readonly<Record<string, unknown>>;

  /** Takes the data over. Their number, and the shape of an ndarray, must be that of the dimensions. */
  constructor(data: ArrayData, coordinates: Coordinates, options: ArrayOptions = {}) {
    assertKnown("options", options, ["bands", "dims", "units", "name", "attrs"]);
    this.bands = options.bands;
    this.dims = options.dims ?? [...coordinates.dims, ...(options.bands ? [BAND] : [])];
    this.coordinates = inDimOrder(coordinates, this.dims, options.bands);
    this.units = options.units;
    this.name = options.name;
    this.attrs = options.attrs ?? {};
    const sizes = new Map(coordinates.dims.map((dim, at) => [dim, coordinates.shape[at] as number]));
    const shape = this.dims.map((dim) =>
      dim === BAND && options.bands ? options.bands.length : (sizes.get(dim) as number),
    );
    this.values = stridedOf(data, shape, this.dims);
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
    const read: ArrayJson = typeof json === "string" ? JSON.parse(json) : json;
    if (typeof read !== "object" || read === null || !Array.isArray(read.data))
      throw new InvalidArgumentError("json", read, "what toJSON wrote");
    const { name, dims, dtype, bands, units, attrs } = read;
    const data = zeros(dtype, read.data.length);
    for (const [at, value] of read.data.entries()) data[at] = Number(value);
    return new UnitsDataArray(data, Coordinates.fromDefinition(read.coordinates), {
      name,
      dims,
      bands,
      units,
      attrs,
    });
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
    const { units } = this;
    const roots = isPerBand(units)
      ? Object.fromEntries(
          Object.entries(units).map(([band, unit]) => [band, powerOfUnits(unit, 0.5) ?? "1"]),
        )
      : powerOfUnits(units, 0.5);
    return this.map(Math.sqrt).#with({ units: roots });
  }

  /** Applies a function to each value; the unit stays. */
  map(change: (value: number) => number): UnitsDataArray {
    const source = this.toTypedArray();
    const data =
      source instanceof Float32Array ? new Float32Array(source.length) : new Float64Array(source.length);
    for (let at = 0; at < source.length; at++) data[at] = change(source[at] as number);
    return this.#with({ values: inOrder(data, this.shape) });
  }

  /** In another unit; for bands with units of their own, in one for all or in the map of their names. */
  to(units: string | Readonly<Record<string, string>>): UnitsDataArray {
    if (!this.bands || (!isPerBand(this.units) && !isPerBand(units))) {
      const { scale, offset } = conversion(singleUnits(this.units, "to"), singleUnits(units, "to"));
      return this.map((value) => value * scale + offset).#with({ units });
    }
    const { bands } = this;
    const changes = bands.map((band) => conversion(unitsOfBand(this.units, band), unitsOfBand(units, band)));
    const data = Float64Array.from(this.toTypedArray());
    const shape = [...this.shape];
    const at = this.dims.indexOf(BAND);
    const stride = stridesOf(shape);
    for (const [band, { scale, offset }] of changes.entries())
      eachRow(
        shape.toSpliced(at, 1, 1),
        [stride],
        [band * (stride[at] as number)],
        (length, [start], [step]) => {
          for (let i = 0, p = start as number; i < length; i++, p += step as number)
            data[p] = (data[p] as number) * scale + offset;
        },
      );
    const converted = bands.map((band) => unitsOfBand(units, band));
    return this.#with({ values: inOrder(data, shape), units: collapseUnits(bands, converted) });
  }

  /** Selects by label, see {@link Selection}. */
  sel(selection: Selection, options: SelectionOptions = {}): UnitsDataArray {
    return this.#take(resolveLabels(this, selection, options));
  }

  /** Selects by position. */
  isel(selection: PositionSelection): UnitsDataArray {
    return this.#take(resolvePositions(this, selection));
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
    const both = broadcast(this, condition);
    const data =
      both.left.data instanceof Float32Array
        ? new Float32Array(sizeOf(both.shape))
        : new Float64Array(sizeOf(both.shape));
    const strides = [stridesOf(both.shape), both.left.stride, both.right.stride];
    eachRow(
      both.shape,
      strides,
      [0, both.left.offset, both.right.offset],
      (length, [o, a, b], [so, sa, sb]) => {
        for (
          let i = 0, to = o as number, p = a as number, q = b as number;
          i < length;
          i++, to += so as number, p += sa as number, q += sb as number
        ) {
          const holds = both.right.data[q] as number;
          data[to] = holds !== 0 && !Number.isNaN(holds) ? (both.left.data[p] as number) : other;
        }
      },
    );
    return this.#with({ ...both, values: inOrder(data, both.shape), units: this.units });
  }

  sum(dims?: Dims): UnitsDataArray {
    return this.reduce("sum", dims);
  }

  mean(dims?: Dims): UnitsDataArray {
    return this.reduce("mean", dims);
  }

  min(dims?: Dims): UnitsDataArray {
    return this.reduce("min", dims);
  }

  max(dims?: Dims): UnitsDataArray {
    return this.reduce("max", dims);
  }

  /** How many values are not NaN; without unit. */
  count(dims?: Dims): UnitsDataArray {
    return this.reduce("count", dims);
  }

  /** The variance of the population, in the square of the unit. */
  var(dims?: Dims): UnitsDataArray {
    return this.reduce("var", dims);
  }

  /** The standard deviation of the population. */
  std(dims?: Dims): UnitsDataArray {
    return this.reduce("std", dims);
  }

  any(dims?: Dims): UnitsDataArray {
    return this.reduce("any", dims);
  }

  all(dims?: Dims): UnitsDataArray {
    return this.reduce("all", dims);
  }

  median(dims?: Dims): UnitsDataArray {
    return this.percentile(50, dims);
  }

  /** The value below which `percent` of the values lie, linear between neighbours. */
  percentile(percent: number, dims?: Dims): UnitsDataArray {
    if (!(percent >= 0 && percent <= 100))
      throw new InvalidArgumentError("percent", percent, "a number from 0 to 100");
    const over = reducedDims(this.dims, dims);
    const lists = gather(
      this.values,
      targetStride(this.dims, this.shape, over),
      reducedSize(this.dims, this.shape, over),
    );
    return this.#reduced(
      "percentile",
      over,
      Float64Array.from(lists, (list) => quantileOf(list, percent / 100)),
    );
  }

  /** Any of the reductions by name, over some dimensions or all. */
  reduce(name: ReductionName, dims?: Dims): UnitsDataArray {
    const over = reducedDims(this.dims, dims);
    const stride = targetStride(this.dims, this.shape, over);
    const size = reducedSize(this.dims, this.shape, over);
    return this.#reduced(name, over, reduceStrided(name, this.values, stride, size));
  }

  /** The same with other names, units or attributes. */
  with(changes: Pick<ArrayOptions, "name" | "units" | "attrs">): UnitsDataArray {
    assertKnown("changes", changes, ["name", "units", "attrs"]);
    return this.#with(changes);
  }

  toJSON(): ArrayJson {
    const { name, dims, bands, units, attrs } = this;
    return {
      ...(name !== undefined && { name }),
      dims,
      dtype: this.dtype,
      coordinates: this.coordinates.definition,
      ...(bands && { bands }),
      ...(units !== undefined && { units }),
      attrs,
      data: Array.from(this.toTypedArray(), jsonNumber),
    };
  }

  toString(): string {
    return printArray(this);
  }

  #operate(other: UnitsDataArray | number, name: OperationName): UnitsDataArray {
    if (typeof other !== "number" && !(other instanceof UnitsDataArray))
      throw new InvalidArgumentError(name, other, "a UnitsDataArray or a number");
    return this.#with(operate(this, other, name));
  }

  #take(chosen: ReadonlyMap<string, Chosen>): UnitsDataArray {
    const picks = this.dims.map(
      (dim, at): Picks => chosen.get(dim)?.picks ?? allPicks(this.shape[at] as number),
    );
    const taken = takeStrided(this.values, picks);
    const kept = this.dims.flatMap((dim, at) => (chosen.get(dim)?.drop ? [] : [at]));
    const dims = kept.map((at) => this.dims[at] as string);
    const labels = [...chosen]
      .filter(([dim]) => dim !== BAND || !this.bands)
      .map(([dim, { picks: each }]) => [dim, each]);
    const dropped = [...chosen].flatMap(([dim, { drop }]) =>
      drop && (dim !== BAND || !this.bands) ? [dim] : [],
    );
    const bandPicks = this.bands && chosen.get(BAND);
    const bands = bandPicks && this.bands ? pickedBands(this.bands, bandPicks.picks) : this.bands;
    return this.#with({
      values: {
        ...taken,
        shape: kept.map((at) => taken.shape[at] as number),
        stride: kept.map((at) => taken.stride[at] as number),
      },
      dims,
      coordinates: dropDims(this.coordinates.take(Object.fromEntries(labels)), dropped),
      bands: bandPicks?.drop ? undefined : bands,
      units:
        bands && isPerBand(this.units)
          ? collapseUnits(
              bands,
              bands.map((band) => unitsOfBand(this.units, band)),
            )
          : this.units,
    });
  }

  #reduced(name: ReductionName | "percentile", over: ReadonlySet<string>, data: NumericData): UnitsDataArray {
    const unitless = name === "count" || name === "any" || name === "all";
    const units = unitless ? undefined : over.has(BAND) ? singleUnits(this.units, name) : this.units;
    const dims = this.dims.filter((dim) => !over.has(dim));
    const shape = this.shape.filter((_, at) => !over.has(this.dims[at] as string));
    const squared = isPerBand(units)
      ? Object.fromEntries(Object.entries(units).map(([band, unit]) => [band, powerOfUnits(unit, 2) ?? "1"]))
      : powerOfUnits(units, name === "var" ? 2 : 1);
    return this.#with({
      values: inOrder(data, shape),
      dims,
      coordinates: dropDims(
        this.coordinates,
        [...over].filter((dim) => dim !== BAND || !this.bands),
      ),
      bands: over.has(BAND) ? undefined : this.bands,
      units: name === "var" ? squared : units,
    });
  }

  #with(changes: Partial<Labelled> & Pick<ArrayOptions, "name" | "attrs">): UnitsDataArray {
    const { values, coordinates, dims, bands, units, name, attrs } = { ...this, ...changes };
    return new UnitsDataArray(values, coordinates, { dims, bands, units, name, attrs });
  }
}

showInNode(UnitsDataArray.prototype);

function pickedBands(bands: readonly string[], picks: Picks): string[] {
  const at =
    picks instanceof Int32Array
      ? Array.from(picks)
      : Array.from({ length: picks.size }, (_, i) => picks.start + i * picks.step);
  return at.map((each) => bands[each] as string);
}

/** Without these dimensions; of an n-d stack all go as soon as one does. */
function dropDims(coordinates: Coordinates, names: readonly string[]): Coordinates {
  const parts = coordinates.parts.filter((part) => !partDims(part).some((dim) => names.includes(dim)));
  return Coordinates.of(parts, { crs: coordinates.crs, dimensions: "any" });
}

/** The coordinates in the order of the dimensions of an array. */
function inDimOrder(
  coordinates: Coordinates,
  dims: readonly string[],
  bands: readonly string[] | undefined,
): Coordinates {
  const labelled = dims.filter((dim) => dim !== BAND || !bands);
  if ([...labelled].sort().join() !== [...coordinates.dims].sort().join())
    throw new CoordinateError(
      `Dimensions ${dims.join(", ")} are not those of the coordinates, ${coordinates.dims.join(", ")}${bands ? " and band" : ""}`,
    );
  return labelled.join() === coordinates.dims.join() ? coordinates : coordinates.transpose(...labelled);
}

function stridedOf(data: ArrayData, shape: readonly number[], dims: readonly string[]): Strided {
  const expected = `${shape.join(" × ") || 1} values (${dims.join(", ") || "no dimensions"})`;
  if (Array.isArray(data) || isNumericData(data)) {
    if (data.length !== sizeOf(shape))
      throw new CoordinateError(`The coordinates want ${expected}; there are ${data.length}`);
    return inOrder(Array.isArray(data) ? Float64Array.from(data) : (data as NumericData), shape);
  }
  const given = data as Strided;
  if (
    typeof given !== "object" ||
    given === null ||
    !isNumericData(given.data) ||
    given.shape.join() !== shape.join()
  )
    throw new CoordinateError(`The coordinates want ${expected}; given is ${shown(given?.shape ?? given)}`);
  return { data: given.data, shape: [...given.shape], stride: [...given.stride], offset: given.offset };
}
