/**
 * Selection by label, as positions. A single label takes its dimension away; a list of labels keeps it, in the order of
 * the list; `{ start, stop }` keeps the labels from the one to the other, both included, whichever way the axis runs.
 * An ISO string that is coarser than the axis stands for its whole period: `2018-02` on daily labels is a month. Each
 * label is looked up by itself, so that what is asked beside it changes nothing.
 */
import type { Axis } from "../coordinates/axis.ts";
import { instantFrom, type Label } from "../coordinates/axis-input.ts";
import type { Coordinates } from "../coordinates/coordinates.ts";
import { finer, periodOf } from "../coordinates/instant.ts";
import { labelIndex } from "../coordinates/label-index.ts";
import { partDims } from "../coordinates/part.ts";
import { type Picks, picksOf } from "../coordinates/picks.ts";
import { sample, showLabel } from "../coordinates/print.ts";
import { labelOn } from "../coordinates/select.ts";
import { lengthOf, parseTimeStep } from "../coordinates/time-step.ts";
import { assertKnown, CoordinateError, InvalidArgumentError, shown } from "../errors.ts";
import { BAND } from "./labelled.ts";

/** Labels from one to another, both included; either end may be left open. */
export interface LabelRange {
  readonly start?: Label;
  readonly stop?: Label;
}

/** What is selected of one dimension. */
export type LabelSelection = Label | readonly Label[] | LabelRange;

/** By dimension; `band` by its names. */
export type Selection = Readonly<Record<string, LabelSelection>>;

/** How labels are matched. */
export interface SelectionOptions {
  /** `exact` (default), or `nearest`: of two as near, the lower. */
  readonly method?: "exact" | "nearest";
  /** How far the nearest may be: a number, or for instants `"<n>,<unit>"`. Beyond it is an error. */
  readonly tolerance?: number | string;
}

/** The positions of one dimension that are kept; `drop` where the dimension goes away. */
export interface Chosen {
  readonly picks: Picks;
  readonly drop: boolean;
}

/** What a selection is made on. */
export interface Selectable {
  readonly dims: readonly string[];
  readonly coordinates: Coordinates;
  readonly bands: readonly string[] | undefined;
}

/** The positions that a selection by label picks, by dimension. */
export function resolveLabels(
  array: Selectable,
  selection: Selection,
  options: SelectionOptions = {},
): Map<string, Chosen> {
  assertKnown("options", options, ["method", "tolerance"]);
  const { method = "exact" } = options;
  if (method !== "exact" && method !== "nearest")
    throw new InvalidArgumentError("method", method, "exact, nearest");
  const chosen = new Map<string, Chosen>();
  for (const [name, wanted] of Object.entries(selection)) {
    if (name === BAND && array.bands) {
      chosen.set(BAND, bandChoice(array.bands, wanted));
      continue;
    }
    const part = array.coordinates.parts.find(({ names }) => names.includes(name));
    if (!part) throw unknownDimension(name, array);
    const [dim, ...more] = partDims(part) as [string, ...string[]];
    if (more.length > 0)
      throw new CoordinateError(
        `"${name}" is stacked in several dimensions (${partDims(part).join(", ")}); use isel`,
      );
    const choice = axisChoice(name, array.coordinates.axis(name), wanted, options, part.names.length > 1);
    const before = chosen.get(dim);
    chosen.set(dim, before ? { picks: common(before.picks, choice.picks), drop: false } : choice);
  }
  return chosen;
}

/** An error that names a dimension and lists what there is. */
export function unknownDimension(name: string, { dims, coordinates }: Selectable): CoordinateError {
  const there = [...new Set([...dims, ...coordinates.udims])];
  return new CoordinateError(
    `Dimension ${JSON.stringify(name)} is not there; there are ${there.join(", ") || "none"}`,
  );
}

function axisChoice(
  name: string,
  axis: Axis,
  wanted: LabelSelection,
  options: SelectionOptions,
  stacked: boolean,
): Chosen {
  if (Array.isArray(wanted) || ArrayBuffer.isView(wanted))
    return {
      picks: picksOf(
        Array.from(wanted as ArrayLike<Label>).flatMap((label) => find(name, axis, label, options).at),
      ),
      drop: false,
    };
  if (typeof wanted === "object" && wanted !== null && !(wanted instanceof Date))
    return between(name, axis, wanted as LabelRange);
  const { at, single } = find(name, axis, wanted as Label, options);
  return { picks: picksOf(at), drop: single && !stacked };
}

function between(name: string, axis: Axis, wanted: LabelRange): Chosen {
  assertKnown(name, wanted, ["start", "stop"]);
  const [start, stop] = [wanted.start, wanted.stop].map((label) =>
    label === undefined ? undefined : edgesOf(name, axis, label),
  );
  const reversed = start && stop && start[0] > stop[1];
  const least = (reversed ? stop : start)?.[0] ?? Number.NEGATIVE_INFINITY;
  const greatest = (reversed ? start : stop)?.[1] ?? Number.POSITIVE_INFINITY;
  const at = labelIndex(axis).within(least, greatest);
  return { picks: picksOf(at), drop: false };
}

/** The first and last moment that a label stands for; a number is itself. */
function edgesOf(name: string, axis: Axis, label: Label): [number, number] {
  const value = labelOn(name, axis, label);
  if (Number.isNaN(value))
    throw new CoordinateError(`Dimension "${name}" cannot be selected by ${shown(label)}`);
  return typeof label === "string"
    ? periodOf(instantFrom(label, axis.calendar), axis.calendar)
    : [value, value];
}

function find(
  name: string,
  axis: Axis,
  label: Label,
  options: SelectionOptions,
): { readonly at: number[]; readonly single: boolean } {
  const value = labelOn(name, axis, label);
  if (options.method === "nearest")
    return { at: [nearest(name, axis, value, options.tolerance)], single: true };
  const [least, greatest] = edgesOf(name, axis, label);
  const isPeriod =
    typeof label === "string" &&
    finer(instantFrom(label, axis.calendar).precision, axis.precision) !==
      instantFrom(label, axis.calendar).precision;
  const at = labelIndex(axis).within(isPeriod ? least : value, isPeriod ? greatest : value);
  if (at.length === 0)
    throw new CoordinateError(
      `Dimension "${name}" has no label ${shown(label)}; it has ${axis.size}: ${sample(axis)}. method: "nearest" takes the nearest`,
    );
  return { at, single: !isPeriod && at.length === 1 };
}

function nearest(name: string, axis: Axis, value: number, tolerance: number | string | undefined): number {
  const best = labelIndex(axis).nearest(value);
  const distance = Math.abs((axis.values[best] as number) - value);
  const limit = typeof tolerance === "string" ? Math.abs(lengthOf(parseTimeStep(tolerance))) : tolerance;
  if (best < 0 || !(limit === undefined || distance <= limit))
    throw new CoordinateError(
      `Dimension "${name}" has no label ${limit === undefined ? "near" : `within ${tolerance} of`} ${showLabel(axis, value)}; it has ${axis.size}: ${sample(axis)}`,
    );
  return best;
}

function bandChoice(bands: readonly string[], wanted: LabelSelection): Chosen {
  const find = (label: unknown): number => {
    const at = bands.indexOf(String(label));
    if (at < 0) throw new CoordinateError(`There is no band ${shown(label)}; there are ${bands.join(", ")}`);
    return at;
  };
  if (Array.isArray(wanted)) return { picks: picksOf(wanted.map(find)), drop: false };
  return { picks: picksOf([find(wanted)]), drop: true };
}

function common(a: Picks, b: Picks): Picks {
  const list = (picks: Picks) =>
    picks instanceof Int32Array
      ? Array.from(picks)
      : Array.from({ length: picks.size }, (_, at) => picks.start + at * picks.step);
  const others = new Set(list(b));
  return picksOf(list(a).filter((at) => others.has(at)));
}
