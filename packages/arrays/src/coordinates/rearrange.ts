import { CoordinateError } from "../errors.ts";
import type { Axis } from "./axis.ts";
import { axisPart, type Part, partDims } from "./part.ts";

/** An error that names a dimension and lists those that are there. */
export function unknownDimension(parts: readonly Part[], name: string): CoordinateError {
  const there = [...new Set([...parts.flatMap(partDims), ...parts.flatMap(({ names }) => names)])];
  return new CoordinateError(
    `Dimension ${JSON.stringify(name)} is not there; there are ${there.join(", ") || "none"}`,
  );
}

/** Without these dimensions; a part of a stack is an error. */
export function dropParts(parts: readonly Part[], names: readonly string[]): Part[] {
  const dims = parts.flatMap(partDims);
  for (const name of names)
    if (!dims.includes(name)) {
      const stack = parts.find((part) => part.names.includes(name));
      throw stack
        ? new CoordinateError(
            `Dimension "${name}" is part of the stack "${partDims(stack).join(", ")}"; udrop("${name}") takes it out`,
          )
        : unknownDimension(parts, name);
    }
  return parts.filter((part) => !partDims(part).some((dim) => names.includes(dim)));
}

/** Without these unstacked dimensions, out of stacks as well. */
export function udropParts(parts: readonly Part[], names: readonly string[]): Part[] {
  const udims = parts.flatMap((part) => part.names);
  for (const name of names) if (!udims.includes(name)) throw unknownDimension(parts, name);
  return parts.flatMap((part): Part[] => {
    const left = part.names.flatMap((name, at) =>
      names.includes(name) ? [] : [[name, part.columns[at] as Axis] as const],
    );
    if (left.length === part.names.length) return [part];
    const [only] = left;
    if (!only) return [];
    if (left.length === 1 && part.shape.length === 1) return [axisPart(...only)];
    const columns = left.map(([, axis]) => axis);
    return [{ names: left.map(([name]) => name), shape: part.shape, columns } as Part];
  });
}

/** In another order of dimensions; without names, reversed. A stack moves as a whole. */
export function transposeParts(parts: readonly Part[], names: readonly string[]): Part[] {
  if (names.length === 0) return [...parts].reverse();
  const wanted = names.map((name) => {
    const part = parts.find((each) => partDims(each).includes(name));
    if (!part) throw unknownDimension(parts, name);
    return part;
  });
  const moved = [...new Set(wanted)];
  if (moved.length !== parts.length || names.length !== new Set(names).size)
    throw new CoordinateError(
      `transpose needs each of ${parts.flatMap(partDims).join(", ")} once, not ${names.join(", ")}`,
    );
  return moved;
}
