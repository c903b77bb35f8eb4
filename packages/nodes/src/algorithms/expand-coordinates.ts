import { Coordinates, type UnitsDataArray } from "@zarr-cache/arrays";
import { ArrayAxis, type Axis, axisPart, lengthOf, parseTimeStep, stepFrom } from "@zarr-cache/arrays/parts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Algorithm } from "./algorithm.ts";

/** From how far before each label to how far after it, and by which steps: numbers, or for times `"<n>,<unit>"`. */
export type Window = readonly [before: number | string, after: number | string, step: number | string];

/** Attributes of {@link ExpandCoordinates}. */
export interface ExpandCoordinatesAttributes {
  readonly source: Node;
  readonly windows: Readonly<Record<string, Window>>;
}

/**
 * A source at the requested labels and those around them: `{ time: ["-30,D", "0,D", "1,D"] }` is the month before each. What a request
 * stacks with such a dimension cannot go along with the labels around, and is left out where the source does not have it.
 */
export class ExpandCoordinates extends Algorithm<ExpandCoordinatesAttributes> {
  static override readonly type: string = "ExpandCoordinates";
  static override readonly attributes: AttributeDeclarations = {
    source: { type: "node", help: "What is evaluated" },
    windows: { type: "json", check: windowsProblem, help: "By dimension [before, after, step]" },
  };

  declare readonly source: Node;
  declare readonly windows: Readonly<Record<string, Window>>;

  override outputCoordinates(request: Coordinates): Coordinates {
    const parts = request.parts.map((part) => {
      const [name] = part.names;
      const window = part.names.length === 1 && name !== undefined ? this.windows[name] : undefined;
      return window && name !== undefined ? axisPart(name, around(part.columns[0] as Axis, window)) : part;
    });
    return Coordinates.of(parts, { crs: request.crs, dimensions: "any" });
  }

  override produce(target: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    return context.evaluate(this.source, target);
  }
}

/** Every label of an axis with its window, ascending, each once. */
function around(axis: Axis, window: Window): Axis {
  const labels = new Set<number>();
  for (const label of axis.values) for (const each of labelsAround(label, axis, window)) labels.add(each);
  const values = Float64Array.from(labels).sort();
  return new ArrayAxis(values, axis.kind === "time" ? { calendar: axis.calendar } : undefined);
}

function* labelsAround(label: number, axis: Axis, [before, after, step]: Window): Generator<number> {
  if (axis.kind === "number") {
    const [first, last, by] = [Number(before), Number(after), Number(step)];
    for (let at = 0; first + at * by <= last + by * 1e-9; at++) yield label + first + at * by;
    return;
  }
  const by = parseTimeStep(String(step));
  const [first, last] = [stepOf(before), stepOf(after)].map((each) =>
    each ? stepFrom(label, each, 1, axis.calendar) : label,
  ) as [number, number];
  for (let at = 0; ; at++) {
    const moment = stepFrom(first, by, at, axis.calendar);
    if (moment > last) return;
    yield moment;
  }
}

/** A step of time; of zero there is none. */
function stepOf(text: number | string) {
  return Number.parseFloat(String(text)) === 0 ? undefined : parseTimeStep(String(text));
}

function windowsProblem(windows: unknown): string | undefined {
  if (typeof windows !== "object" || windows === null || Array.isArray(windows))
    return "must be an object by dimension";
  for (const [name, window] of Object.entries(windows)) {
    const problem = `must have [before, after, step] for ${name}, all numbers with a step > 0, or all "<n>,<unit>"`;
    if (!Array.isArray(window) || window.length !== 3) return problem;
    const [before, after, step] = window as [unknown, unknown, unknown];
    const isNumbers = isNumber(before) && isNumber(after) && isNumber(step) && step > 0 && before <= after;
    try {
      const isTimes =
        window.every((each) => typeof each === "string") && lengthOf(parseTimeStep(step as string)) > 0;
      if (isTimes) for (const each of window) stepOf(each);
      if (!isNumbers && !isTimes) return problem;
    } catch {
      return problem;
    }
  }
  return undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
