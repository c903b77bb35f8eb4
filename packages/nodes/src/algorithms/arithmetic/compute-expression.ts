import { Coordinates, DimensionalityError, UnitsDataArray } from "@zarr-cache/arrays";
import type { Expression, FunctionName, Operator } from "./expression.ts";

/** What an expression gives: a number has no unit, and takes that of what it is added to or compared with. */
export type Value = number | UnitsDataArray;

/** Works an expression out, with units: a sum has that of its left, a product that of the factors. */
export function computeExpression(expression: Expression, values: ReadonlyMap<string, Value>): Value {
  const work = (each: Expression): Value => computeExpression(each, values);
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "name":
      return values.get(expression.name) as Value;
    case "minus":
      return operate("*", work(expression.of), -1);
    case "operation":
      return operate(expression.operator, work(expression.left), work(expression.right));
    case "call":
      return call(expression.name, expression.of.map(work));
  }
}

const METHODS = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div",
  "**": "pow",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
  "==": "eq",
  "!=": "ne",
} as const;

const NUMBERS: Readonly<Record<Operator, (left: number, right: number) => number>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "**": (left, right) => left ** right,
  "<": (left, right) => Number(left < right),
  "<=": (left, right) => Number(left <= right),
  ">": (left, right) => Number(left > right),
  ">=": (left, right) => Number(left >= right),
  "==": (left, right) => Number(left === right),
  "!=": (left, right) => Number(left !== right),
};

function operate(operator: Operator, left: Value, right: Value): Value {
  if (typeof left !== "number") return left[METHODS[operator]](right);
  if (typeof right === "number") return NUMBERS[operator](left, right);
  switch (operator) {
    case "+":
    case "*":
      return right[METHODS[operator]](left);
    case "-":
      return right.mul(-1).add(left);
    case "/":
      return right.pow(-1).mul(left);
    case "**":
      return pure(right, "an exponent").map((value) => left ** value);
    case "==":
    case "!=":
      return right[METHODS[operator]](left);
    default:
      return right[METHODS[turned[operator]]](left);
  }
}

const turned = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

function call(name: FunctionName, given: readonly Value[]): Value {
  const [first, ...rest] = given as [Value, ...Value[]];
  switch (name) {
    case "abs":
      return typeof first === "number" ? Math.abs(first) : first.map(Math.abs);
    case "sqrt":
      return typeof first === "number" ? Math.sqrt(first) : first.sqrt();
    case "exp":
    case "log":
      return typeof first === "number" ? Math[name](first) : pure(first, name).map(Math[name]);
    case "min":
      return rest.reduce((least, each) => lesser(least, each, "<="), first);
    case "max":
      return rest.reduce((most, each) => lesser(most, each, ">="), first);
    case "where":
      return chosen(first, rest[0] as Value, rest[1] as Value);
  }
}

/** The lesser, or the greater, of two; NaN where one of them is. */
function lesser(left: Value, right: Value, operator: "<=" | ">="): Value {
  if (typeof left === "number" && typeof right === "number")
    return Number.isNaN(left) || NUMBERS[operator](left, right) ? left : right;
  const holds = operate(operator, left, right);
  const either = chosen(holds, left, right);
  const isNone = typeof left === "number" ? Number.isNaN(left) : operate("!=", left, left);
  return chosen(isNone === false ? 0 : isNone === true ? 1 : isNone, left, either);
}

/** The left where a condition holds, neither 0 nor NaN, else the right in the unit of the left. */
function chosen(condition: Value, left: Value, right: Value): Value {
  if (typeof condition === "number") return condition ? left : right;
  const [a, b] = [asArray(left), asArray(right)];
  const units = a.units ?? b.units;
  const [yes, no] = [
    inUnits(a, units, typeof left === "number"),
    inUnits(b, units, typeof right === "number"),
  ];
  const frame = yes
    .eq(no)
    .eq(condition.with({ units: undefined }))
    .ge(0);
  const [holds, first, second] = [condition, yes, no].map((each) => spread(each, frame)) as [
    UnitsDataArray,
    UnitsDataArray,
    UnitsDataArray,
  ];
  const [whether, whenTrue, whenFalse] = [holds.toTypedArray(), first.toTypedArray(), second.toTypedArray()];
  const data = Float64Array.from(
    whether,
    (each, at) => (each !== 0 && !Number.isNaN(each) ? whenTrue[at] : whenFalse[at]) as number,
  );
  const { coordinates, dims, bands } = frame;
  return new UnitsDataArray(data, coordinates, { dims, bands, units });
}

function asArray(value: Value): UnitsDataArray {
  return typeof value === "number" ? UnitsDataArray.create(Coordinates.of([]), value) : value;
}

function inUnits(array: UnitsDataArray, units: UnitsDataArray["units"], isNumber: boolean): UnitsDataArray {
  if (units === undefined || array.units === units) return array;
  return isNumber ? array.with({ units }) : array.to(units);
}

/** An array over all labels of another. */
function spread(array: UnitsDataArray, frame: UnitsDataArray): UnitsDataArray {
  return array.where(frame).transpose(...frame.dims);
}

/** Without unit; one that is not a number's is an error that names what wants none. */
function pure(array: UnitsDataArray, what: string): UnitsDataArray {
  if (array.units === undefined) return array;
  if (typeof array.units !== "string")
    throw new DimensionalityError(what, undefined, Object.values(array.units).join(", "));
  return array.to("1").with({ units: undefined });
}
