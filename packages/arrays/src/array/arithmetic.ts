import { DimensionalityError } from "../errors.ts";
import { collapseUnits, isPerBand, unitsOfBand } from "../units/band-units.ts";
import {
  type Conversion,
  conversion,
  divideUnits,
  multiplyUnits,
  powerOfUnits,
  SAME,
  type Units,
} from "../units/unit.ts";
import { type Broadcast, broadcast } from "./broadcast.ts";
import { BAND, type Labelled } from "./labelled.ts";
import { isComparison, type OperationName, ROWS } from "./operation.ts";
import { eachRow, inOrder, type NumericData, ordered, type Strided, sizeOf, stridesOf } from "./strided.ts";

/**
 * Works two arrays together, label by label. `+ − mod floordiv` and comparisons convert the right to the left's unit;
 * a number on the right is in the left's unit. `* /` multiply and divide units; an exponent has none.
 */
export function operate(left: Labelled, right: Labelled | number, name: OperationName): Labelled {
  if (typeof right === "number") return withNumber(left, right, name);
  const both = broadcast(left, right);
  const data = resultData(name, both.left.data, both.right.data, sizeOf(both.shape));
  const { bands } = both;
  if (!bands || (!isPerBand(left.units) && !isPerBand(right.units))) {
    const [change, units] = unitsFor(
      name,
      unitsOfBand(left.units, ""),
      unitsOfBand(right.units, ""),
      both.right,
    );
    run(name, data, both, change);
    return { ...both, values: inOrder(data, both.shape), units };
  }
  const units = bands.map((band, at) => {
    const [change, unit] = unitsFor(
      name,
      unitsOfBand(left.units, band),
      unitsOfBand(right.units, band),
      both.right,
    );
    run(name, data, both, change, at);
    return unit;
  });
  return { ...both, values: inOrder(data, both.shape), units: collapseUnits(bands, units) };
}

function withNumber(left: Labelled, right: number, name: OperationName): Labelled {
  const { values, units } = left;
  const data = resultData(name, values.data, values.data, sizeOf(values.shape));
  const constant: Strided = {
    data: Float64Array.of(right),
    shape: values.shape,
    stride: values.shape.map(() => 0),
    offset: 0,
  };
  run(name, data, { shape: values.shape, dims: left.dims, left: values, right: constant }, SAME);
  const result = { ...left, values: inOrder(data, values.shape) };
  if (isComparison(name)) return { ...result, units: undefined };
  if (name !== "pow" || units === undefined) return result;
  if (!isPerBand(units)) return { ...result, units: powerOfUnits(units, right) };
  const raised = Object.entries(units).map(([band, unit]) => [band, powerOfUnits(unit, right) ?? "1"]);
  return { ...result, units: Object.fromEntries(raised) };
}

/** How the right is converted, and what unit comes out. */
function unitsFor(name: OperationName, left: Units, right: Units, exponents: Strided): [Conversion, Units] {
  if (name === "mul") return [SAME, multiplyUnits(left, right)];
  if (name === "div") return [SAME, divideUnits(left, right)];
  if (name === "pow") {
    const change = conversion(right, undefined, "pow (exponent)");
    if (left === undefined) return [change, undefined];
    const powers = ordered(exponents);
    const first = powers[0] as number;
    if (!powers.every((each) => each === first))
      throw new DimensionalityError("pow (by different exponents)", undefined, left);
    return [change, powerOfUnits(left, first * change.scale + change.offset)];
  }
  return [conversion(right, left, name), isComparison(name) ? undefined : left];
}

type Operands = Pick<Broadcast, "shape" | "dims" | "left" | "right">;

function run(
  name: OperationName,
  out: NumericData,
  both: Operands,
  { scale, offset }: Conversion,
  band?: number,
): void {
  const row = ROWS[name];
  const target = inOrder(out, both.shape);
  const at = band === undefined ? -1 : both.dims.indexOf(BAND);
  const one = (values: Strided): Strided =>
    at < 0
      ? values
      : {
          ...values,
          shape: values.shape.toSpliced(at, 1, 1),
          offset: values.offset + (values.stride[at] as number) * (band as number),
        };
  const [to, a, b] = [one(target), one(both.left), one(both.right)];
  // Rows of the result are contiguous only where its last dimension has the step 1, so a band is walked value by value.
  if (at >= 0 && at === both.dims.length - 1) {
    eachRow(
      [...to.shape, 1],
      [to, a, b].map(({ stride }) => [...stride, 0]),
      [to.offset, a.offset, b.offset],
      (n, [o, p, q], [so, sa, sb]) => {
        for (let i = 0; i < n; i++)
          row(
            out,
            (o as number) + i * (so as number),
            a.data,
            (p as number) + i * (sa as number),
            0,
            b.data,
            (q as number) + i * (sb as number),
            0,
            1,
            scale,
            offset,
          );
      },
    );
    return;
  }
  const strides = at < 0 ? stridesOf(both.shape) : to.stride;
  eachRow(
    to.shape,
    [strides, a.stride, b.stride],
    [to.offset, a.offset, b.offset],
    (n, [o, p, q], [, sa, sb]) => {
      row(
        out,
        o as number,
        a.data,
        p as number,
        sa as number,
        b.data,
        q as number,
        sb as number,
        n,
        scale,
        offset,
      );
    },
  );
}

/** Truth is a byte; two arrays of float32 make one of float32; all else is float64. */
function resultData(name: OperationName, left: NumericData, right: NumericData, size: number): NumericData {
  if (isComparison(name)) return new Uint8Array(size);
  if (left instanceof Float32Array && right instanceof Float32Array) return new Float32Array(size);
  return new Float64Array(size);
}
