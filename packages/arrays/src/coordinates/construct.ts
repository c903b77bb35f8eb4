import { CoordinateError, shown } from "../errors.ts";
import type { Axis } from "./axis.ts";
import { type AxisInput, axisOf, isAxis } from "./axis-input.ts";
import { isRegistered } from "./dimension-registry.ts";
import { axisPart, type Part, stackPart } from "./part.ts";

/** Labels by dimension; a stack is named `lat_lon` and holds its columns by name, or in the order of the name. */
export type GridInput = Readonly<Record<string, AxisInput | StackInput>>;

/** The columns of a stack. */
export type StackInput = Readonly<Record<string, AxisInput>> | readonly AxisInput[];

/** Nested lists make an n-d stack. */
export type PointsInput = AxisInput | readonly (readonly number[] | readonly string[])[];

/** Makes a part of each dimension, in the given order or else that of the keys. */
export function gridParts(axes: GridInput, order?: readonly string[]): Part[] {
  const names = Object.keys(axes);
  for (const name of order ?? [])
    if (!names.includes(name))
      throw new CoordinateError(
        `order has ${JSON.stringify(name)}, which is not among the dimensions ${names.join(", ")}`,
      );
  const missing = order && names.filter((name) => !order.includes(name));
  if (missing && missing.length > 0) throw new CoordinateError(`order lacks ${missing.join(", ")}`);
  return (order ?? names).map((name) => {
    const input = axes[name] as AxisInput | StackInput;
    if (!isStackInput(name, input)) return axisPart(name, axisOf(name, input as AxisInput));
    const members = Array.isArray(input) ? name.split("_") : Object.keys(input);
    const columns = Array.isArray(input) ? input : Object.values(input);
    if (members.join("_") !== name || members.length !== columns.length)
      throw new CoordinateError(`Stack "${name}" needs the columns ${name.split("_").join(", ")}`);
    return stackPart(
      members,
      columns.map((column, at) => axisOf(members[at] as string, column as AxisInput)),
    );
  });
}

function isStackInput(name: string, input: AxisInput | StackInput): input is StackInput {
  if (!name.includes("_") || isRegistered(name) || typeof input !== "object" || input === null) return false;
  if (isAxis(input) || input instanceof Date || ArrayBuffer.isView(input)) return false;
  if (Array.isArray(input)) return input.some((each) => typeof each === "object" && !(each instanceof Date));
  return !("start" in input);
}

/** Stacks columns of equal length; nested lists of equal shape make an n-d stack. */
export function pointParts(columns: Readonly<Record<string, PointsInput>>): Part[] {
  const names = Object.keys(columns);
  const shapes = names.map((name) => nestedShape(columns[name] as PointsInput));
  const [shape] = shapes;
  const axes = names.map((name): Axis => axisOf(name, flat(columns[name] as PointsInput)));
  if (!shape || shape.length < 2) return [stackPart(names, axes)];
  if (shapes.some((other) => other.join() !== shape.join()))
    throw new CoordinateError(
      `Stack "${names.join("_")}" has unequal shapes: ${names.map((name, at) => `${name} ${shapes[at]?.join(" × ")}`).join(", ")}`,
    );
  return [stackPart(names, axes, shape)];
}

function nestedShape(input: PointsInput): number[] {
  if (!Array.isArray(input)) return [0];
  const [first] = input;
  if (!Array.isArray(first)) return [input.length];
  const inner = nestedShape(first);
  for (const row of input)
    if (nestedShape(row).join() !== inner.join())
      throw new CoordinateError(`Rows of unequal length: ${shown(first)} and ${shown(row)}`);
  return [input.length, ...inner];
}

function flat(input: PointsInput): AxisInput {
  return Array.isArray(input) ? (input.flat(Number.POSITIVE_INFINITY) as AxisInput) : (input as AxisInput);
}
