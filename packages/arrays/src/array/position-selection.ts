import { type Picks, picksOf } from "../coordinates/picks.ts";
import { assertKnown, CoordinateError, InvalidArgumentError, shown } from "../errors.ts";
import { type Chosen, type Selectable, unknownDimension } from "./selection.ts";

/** Positions from `start` up to, not including, `stop`, as a slice of Python: negative ones count from the end. */
export interface PositionRange {
  readonly start?: number;
  readonly stop?: number;
  readonly step?: number;
}

/** What is selected of each dimension by position: one (the dimension goes away), a list, or a range. */
export type PositionSelection = Readonly<Record<string, number | readonly number[] | PositionRange>>;

/** The positions that a selection by position picks, by dimension. */
export function resolvePositions(
  array: Selectable & { readonly shape: readonly number[] },
  selection: PositionSelection,
): Map<string, Chosen> {
  const chosen = new Map<string, Chosen>();
  for (const [name, wanted] of Object.entries(selection)) {
    const at = array.dims.indexOf(name);
    if (at < 0) throw unknownDimension(name, array);
    const size = array.shape[at] as number;
    if (typeof wanted === "number")
      chosen.set(name, { picks: picksOf([position(name, wanted, size)]), drop: true });
    else if (Array.isArray(wanted) || ArrayBuffer.isView(wanted))
      chosen.set(name, {
        picks: picksOf(Array.from(wanted as ArrayLike<number>, (each) => position(name, each, size))),
        drop: false,
      });
    else chosen.set(name, { picks: slice(name, wanted as PositionRange, size), drop: false });
  }
  return chosen;
}

function position(name: string, at: number, size: number): number {
  const counted = at < 0 ? at + size : at;
  if (!Number.isInteger(at) || counted < 0 || counted >= size)
    throw new CoordinateError(
      `Dimension "${name}" has ${size} positions, 0 to ${size - 1}; ${shown(at)} is none of them`,
    );
  return counted;
}

function slice(name: string, wanted: PositionRange, size: number): Picks {
  assertKnown(name, wanted, ["start", "stop", "step"]);
  const { step = 1 } = wanted;
  if (!Number.isInteger(step) || step === 0)
    throw new InvalidArgumentError(`${name}.step`, step, "a whole number other than 0");
  for (const [end, at] of Object.entries({ start: wanted.start, stop: wanted.stop }))
    if (at !== undefined && !Number.isInteger(at))
      throw new InvalidArgumentError(`${name}.${end}`, at, "a whole number, negative to count from the end");
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const clip = (at: number | undefined, open: number) =>
    at === undefined ? open : Math.min(high, Math.max(low, at < 0 ? at + size : at));
  const start = clip(wanted.start, step > 0 ? low : high);
  const stop = clip(wanted.stop, step > 0 ? high : low);
  return { start, step, size: Math.max(0, Math.ceil((stop - start) / step)) };
}
