import { type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { isStacked, type Part, partDims, sameLabels } from "@zarr-cache/arrays/parts";
import { NodeRegistry, type NodeType } from "../definition/registry.ts";
import { chunked } from "../evaluators/chunked.ts";
import type { EvaluationTask } from "../evaluators/evaluator.ts";
import { isRaw } from "../interpolation/method.ts";
import { Node } from "../node/node.ts";
import { Resource } from "../node/resource.ts";
import type { EvalContext } from "../node/session.ts";
import { checkMissing, messageOf } from "./check-missing.ts";
import { pointsOf } from "./points.ts";
import { combinations, labelsFor } from "./requests.ts";

/** A rule that a node broke. */
export interface BrokenRule {
  /** The number of the rule of outputs, `parallel` or `inputs`. */
  readonly rule: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | "parallel" | "inputs";
  /** The dims of the request. */
  readonly request: string;
  readonly message: string;
}

/** What checking a node found. */
export interface ConformanceReport {
  readonly passed: boolean;
  /** How many requests of combined dimensions were made. */
  readonly requests: number;
  /** The first case of each rule that was broken, and of each message. */
  readonly broken: readonly BrokenRule[];
}

/**
 * Checks a node against the rules of outputs, over every combination of stacked and unstacked dimensions: what it gives, in which
 * order, that a point's value depends on nothing else, that a new, a used and a round-tripped node agree, that evaluation in
 * parts gives the same, and that inputs are left as they are.
 */
export async function checkNode(node: Node): Promise<ConformanceReport> {
  const broken = new Map<string, BrokenRule>();
  const tell = (rule: BrokenRule["rule"], request: Coordinates | undefined, message: string) => {
    const entry = { rule, request: request?.dims.join(", ") ?? "", message };
    if (!broken.has(`${rule} ${message}`)) broken.set(`${rule} ${message}`, entry);
  };
  let requests = 0;
  if (node.compute === Node.prototype.compute && node.produce === Node.prototype.produce)
    tell(0, undefined, `${node.type} has no compute()`);
  else {
    await node.ready();
    const labels = labelsFor(node);
    const subjects = {
      used: node,
      back: roundTripped(node, tell),
      watched: watched(node, tell),
    };
    const known = new Map<string, number>();
    for (const request of combinations(labels)) {
      requests += 1;
      await checkRequest(subjects, request, known, tell);
    }
    await checkMissing(node, labels, tell);
  }
  return { passed: broken.size === 0, requests, broken: [...broken.values()] };
}

type Tell = (rule: BrokenRule["rule"], request: Coordinates | undefined, message: string) => void;

interface Subjects {
  readonly used: Node;
  readonly back: Node | undefined;
  readonly watched: Node;
}

async function checkRequest(
  subjects: Subjects,
  request: Coordinates,
  known: Map<string, number>,
  tell: Tell,
): Promise<void> {
  const { used, back, watched } = subjects;
  let out: UnitsDataArray;
  try {
    out = await used.eval(request);
  } catch (error) {
    tell(1, request, `eval failed: ${messageOf(error)}`);
    return;
  }
  if (!(out instanceof UnitsDataArray)) return tell(1, request, "eval gave no UnitsDataArray");
  if (out.attrs["crs"] === undefined || out.attrs["provenance"] === undefined)
    tell(1, request, "attrs have no crs or no provenance");
  checkDims(used, request, out, tell);
  checkPoints(out, known, request, tell);
  for (const [what, other] of Object.entries({ fresh: watched, back }))
    if (other && !sameValues(out, await other.eval(request)))
      tell(
        8,
        request,
        `a ${what === "fresh" ? "new" : "round-tripped"} node gives other values than a used one`,
      );
  const first = await used.eval(
    request.take(Object.fromEntries(request.dims.map((dim) => [dim, { start: 0, step: 1, size: 1 }]))),
  );
  checkPoints(first, known, request, tell);
  const parts = {
    evaluate: (task: EvaluationTask) =>
      chunked(
        task,
        task.coordinates.shape.map(() => 1),
      ),
  };
  if (!sameValues(out, await used.eval(request, { method: parts })))
    tell("parallel", request, "evaluated in parts it gives other values");
  await checkOutput(used, request, out, tell);
}

/** Rules 2, 5 and 6: the dimensions of the request that the node has a part in, in order, and bands last. */
function checkDims(node: Node, request: Coordinates, out: UnitsDataArray, tell: Tell): void {
  const { udims } = node;
  const shares = (part: Part) => part.names.some((name) => !udims || udims.includes(name));
  const ownStacks =
    node.nativeCoordinates && isRaw(node.interpolation) ? out.coordinates.parts.filter(isStacked) : [];
  const isOwn = (part: Part) =>
    ownStacks.some(
      ({ names }) => part.names.some((name) => names.includes(name)) && names.join() !== part.names.join(),
    );
  const answered = request.parts.filter((part) => shares(part) && !isOwn(part));
  // Labels that the node brings by itself take the place of requested ones.
  const brought = out.coordinates.udims.filter(
    (name) => udims && !udims.includes(name) && !carries(request, out, name),
  );
  const expected = answered.flatMap((part) => {
    const names = part.names.filter((name) => !brought.includes(name));
    // Nothing can be carried along labels that are not those that were requested.
    const replaced = names.filter((name) => out.coordinates.has(name) && !carries(request, out, name));
    const isThere = partDims(part).every((dim) => out.dims.includes(dim));
    if (isStacked(part) && replaced.length > 0 && !isThere) return replaced;
    return names.length === part.names.length ? partDims(part) : [names.join("_")];
  });
  const foreign = request.parts.filter((part) => !shares(part)).flatMap(partDims);
  const kept = foreign.filter((dim) => out.dims.includes(dim) && !brought.includes(dim));
  if (kept.length > 0) tell(5, request, "a dimension that the node does not have is in the answer");
  const missing = expected.filter((dim) => !out.dims.includes(dim));
  if (missing.length > 0) tell(6, request, "a requested dimension or stack is not in the answer");
  const found = out.dims.filter((dim) => expected.includes(dim));
  if (missing.length === 0 && found.join() !== expected.join())
    tell(2, request, "dims are not in the order of the request");
  if (out.bands && out.dims.at(-1) !== "band") tell(2, request, "band is not last");
}

/** Whether the answer has a dimension with the labels that were requested of it. */
function carries(request: Coordinates, out: UnitsDataArray, name: string): boolean {
  return sameLabels(request.axis(name), out.coordinates.axis(name));
}

/** Rule 8: a point has one value, however it was asked for. */
function checkPoints(
  out: UnitsDataArray,
  known: Map<string, number>,
  request: Coordinates,
  tell: Tell,
): void {
  for (const [point, value] of pointsOf(out)) {
    const before = known.get(point);
    if (before === undefined) known.set(point, value);
    else if (!Object.is(before, value))
      tell(8, request, "the value of a point depends on what else is asked, or how");
  }
}

async function checkOutput(node: Node, request: Coordinates, out: UnitsDataArray, tell: Tell): Promise<void> {
  try {
    const output = node.createOutputArray(request);
    if ((await node.eval(request, { output })) !== output) tell(7, request, "output was not returned");
    else if (output.dims.join() === out.dims.join() && !isFilledFrom(out, output))
      tell(7, request, "output was not filled");
  } catch (error) {
    tell(7, request, `output could not be filled: ${messageOf(error)}`);
    return;
  }
  const wrong =
    out.dims.length > 0 &&
    UnitsDataArray.create(node.createOutputArray(request).coordinates, 0, {
      units: "fortnight",
      bands: out.bands,
    });
  if (!wrong) return;
  const accepted = await node.eval(request, { output: wrong }).then(
    () => true,
    () => false,
  );
  if (accepted) tell(7, request, "an output of other units was accepted");
}

/** Whether an array has the values of another at its labels, and NaN where that has none. */
function isFilledFrom(out: UnitsDataArray, output: UnitsDataArray): boolean {
  const values = new Map(pointsOf(out));
  return [...pointsOf(output)].every(([point, value]) => Object.is(value, values.get(point) ?? Number.NaN));
}

function sameValues(a: UnitsDataArray, b: UnitsDataArray): boolean {
  const [left, right] = [a.toTypedArray(), b.toTypedArray()];
  return (
    a.dims.join() === b.dims.join() &&
    left.length === right.length &&
    left.every((value, at) => Object.is(value, right[at]))
  );
}

/** The node as its JSON tells it, with the types and resources that it has itself. */
function roundTripped(node: Node, tell: Tell): Node | undefined {
  const registry = new NodeRegistry();
  try {
    for (const each of node.pipeline.values()) {
      registry.register(each.constructor as NodeType);
      registry.provide(...Object.values(each.attrs).filter((value) => value instanceof Resource));
    }
    const back = Node.fromDefinition(node.definition("json"), registry);
    if (back.hash !== node.hash)
      tell(8, undefined, "the definition does not survive JSON: the hash is another");
    return back;
  } catch (error) {
    tell(8, undefined, `the definition does not survive JSON: ${messageOf(error)}`);
    return undefined;
  }
}

/** The node, telling when `compute` changes its inputs. */
function watched(node: Node, tell: Tell): Node {
  const subject = node.using({});
  const compute = subject.compute.bind(subject);
  Object.defineProperty(subject, "compute", {
    value: async (coordinates: Coordinates, context: EvalContext) => {
      const before = Object.entries(context.inputs).map(
        ([name, array]) => [name, array.toTypedArray().slice()] as const,
      );
      const result = await compute(coordinates, context);
      for (const [name, values] of before)
        if (!context.inputs[name]?.toTypedArray().every((value, at) => Object.is(value, values[at])))
          tell("inputs", coordinates, `compute() changed its input ${name}`);
      return result;
    },
  });
  return subject;
}
