import type { Axis } from "./axis.ts";
import { dateOf } from "./calendar.ts";
import { DAY_MS } from "./instant.ts";
import { type TimeStep, timeStepOf } from "./time-step.ts";
import { UniformAxis } from "./uniform-axis.ts";

/** The same labels as a uniform axis where that is exact, to the last bit; else the axis itself. */
export function simplifyAxis(axis: Axis): Axis {
  if (axis instanceof UniformAxis || axis.size < 2) return axis;
  const { values } = axis;
  const first = values[0] as number;
  const span = (values[values.length - 1] as number) - first;
  const steps: (number | TimeStep)[] =
    axis.kind === "number" ? evenSteps(values) : [...evenSteps(values).map(timeStepOf), ...monthSteps(axis)];
  for (const step of steps) {
    if (!Number.isFinite(span)) break;
    const uniform = new UniformAxis(first, step, axis.size, axis.kind === "time" ? axis : undefined);
    if (uniform.values.every((value, at) => value === values[at])) return uniform;
  }
  return axis;
}

/** The steps that may make these labels: that of the first two, and that of the ends. A function of the labels alone. */
export function evenSteps(values: Float64Array): number[] {
  const first = values[0] as number;
  const ends = ((values[values.length - 1] as number) - first) / (values.length - 1);
  return [(values[1] as number) - first, ends].filter((step) => step !== 0 && Number.isFinite(step));
}

function monthSteps({ values, calendar }: Axis): TimeStep[] {
  const monthOf = (ms: number) => {
    const [year, month] = dateOf(calendar, Math.floor(ms / DAY_MS));
    return year * 12 + month;
  };
  const count = monthOf(values[1] as number) - monthOf(values[0] as number);
  if (!Number.isFinite(count) || count === 0) return [];
  return [count % 12 === 0 ? { count: count / 12, unit: "Y" } : { count, unit: "M" }];
}
