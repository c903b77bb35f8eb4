import { UnitsDataArray } from "@zarr-cache/arrays";
import type { AttributeDeclaration } from "../node/attribute.ts";

/** What can be made of the values along dimensions; NaN is skipped, and variance and moments are those of the population. */
export type StatisticName =
  | "min"
  | "max"
  | "sum"
  | "count"
  | "mean"
  | "variance"
  | "std"
  | "skew"
  | "kurtosis"
  | "median"
  | "percentile";

/** Every {@link StatisticName}. */
export const STATISTICS: readonly StatisticName[] = [
  "min",
  "max",
  "sum",
  "count",
  "mean",
  "variance",
  "std",
  "skew",
  "kurtosis",
  "median",
  "percentile",
];

/** The attribute that says which percentile. */
export const PERCENT: AttributeDeclaration = {
  type: "number",
  default: 50,
  check: (value: number) => (value >= 0 && value <= 100 ? undefined : "must be from 0 to 100"),
  help: "Of a percentile, which, from 0 to 100",
};

/** Reduces dimensions of an array; skew and kurtosis (of which a normal distribution has 0) have no unit. */
export function statistic(
  array: UnitsDataArray,
  name: StatisticName,
  dims: readonly string[],
  percent: number,
): UnitsDataArray {
  if (name === "variance") return array.var(dims);
  if (name === "median") return array.median(dims);
  if (name === "percentile") return array.percentile(percent, dims);
  if (name !== "skew" && name !== "kurtosis") return array.reduce(name, dims);
  const { coordinates, dims: all, bands } = array;
  const plain = new UnitsDataArray(array.toTypedArray(), coordinates, { dims: all, bands });
  const distance = plain.sub(plain.mean(dims)).transpose(...all);
  const power = name === "skew" ? 3 : 4;
  const moment = distance.map((value) => value ** power).mean(dims);
  const deviation = plain.std(dims);
  const ratio = moment.div(deviation.map((value) => value ** power));
  return name === "skew" ? ratio : ratio.sub(3);
}
