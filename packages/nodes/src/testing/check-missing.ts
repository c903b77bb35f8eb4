import { Coordinates, isArraysError } from "@zarr-cache/arrays";
import type { Part } from "@zarr-cache/arrays/parts";
import type { Node } from "../node/node.ts";
import { DIMS, type Labels, requestOf } from "./requests.ts";

/** Tells of a request without a dimension of the node's own that broke a rule. */
export type TellMissing = (rule: 3 | 4, request: Coordinates, message: string) => void;

/**
 * Rules 3 and 4: without a dimension of its own a node cannot answer, nor without a whole stack. A part of a stack is enough where
 * its points stay apart by it.
 */
export async function checkMissing(node: Node, labels: Labels, tell: TellMissing): Promise<void> {
  const native = node.nativeCoordinates;
  for (const part of native?.parts ?? []) {
    await checkWithout(node, part, labels, tell);
    if (native && part.names.length > 1 && part.shape.length === 1)
      for (const name of part.names) await checkPartOfStack(node, native, { part, name }, labels, tell);
  }
}

async function checkWithout(node: Node, { names }: Part, labels: Labels, tell: TellMissing): Promise<void> {
  const others = DIMS.filter((name) => !names.includes(name));
  const request = requestOf(others.slice(0, 1), labels);
  const rule = names.length > 1 ? 4 : 3;
  try {
    await node.eval(request);
    tell(rule, request, `without ${names.join(", ")} it answered`);
  } catch (error) {
    if (!isArraysError(error, "CoordinateError"))
      tell(rule, request, `without ${names.join(", ")} it failed with ${messageOf(error)}`);
  }
}

async function checkPartOfStack(
  node: Node,
  native: Coordinates,
  { part, name }: { readonly part: Part; readonly name: string },
  labels: Labels,
  tell: TellMissing,
): Promise<void> {
  const asked = [...native.udims.filter((dim) => !part.names.includes(dim)), name];
  if (!asked.every((dim) => Object.hasOwn(labels, dim))) return;
  const request = Coordinates.merge(asked.map((dim) => requestOf([dim], labels)));
  const axis = native.axis(name);
  const isApart = new Set(axis.values).size === axis.size;
  try {
    const out = await node.eval(request);
    if (!isApart)
      tell(4, request, `with ${name} alone it answered, though several points have the same ${name}`);
    else if (part.names.some((each) => each !== name && out.coordinates.has(each)))
      tell(4, request, `with ${name} alone it answered with the rest of the stack`);
  } catch (error) {
    if (isApart || !isArraysError(error, "CoordinateError"))
      tell(4, request, `with ${name} alone it failed with ${messageOf(error)}`);
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
