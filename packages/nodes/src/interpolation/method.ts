import { lengthOf, parseTimeStep } from "@zarr-cache/arrays/parts";
import { show } from "../node/attribute.ts";

/** How values between labels are found. `bilinear` is linear in lat and lon and nearest elsewhere; `none` gives source points. */
export type InterpolationMethod = "nearest" | "linear" | "bilinear" | "none";

/** A method for all dimensions, or one for each group of them. Dimensions in no group take the nearest label. */
export type Interpolation =
  | InterpolationMethod
  | readonly {
      readonly method: InterpolationMethod;
      /** Unless told, all that no other group names. */
      readonly dims?: readonly string[];
      /** How far the nearest label may be: a number, or for instants `"<n>,<unit>"`. Farther is NaN. */
      readonly tolerance?: number | string;
    }[];

/** How one dimension is interpolated. */
export interface DimensionMethod {
  readonly method: "nearest" | "linear" | "exact";
  readonly tolerance: number | undefined;
}

const METHODS: readonly string[] = ["nearest", "linear", "bilinear", "none"];

/** What is wrong with an interpolation, or undefined. */
export function interpolationProblem(given: unknown): string | undefined {
  const groups = Array.isArray(given) ? given : [{ method: given }];
  for (const group of groups) {
    const { method, dims, tolerance, ...rest } = Object(group);
    if (!METHODS.includes(method)) return `has the method ${show(method)}; allowed: ${METHODS.join(", ")}`;
    if (Object.keys(rest).length > 0) return `has ${Object.keys(rest)[0]}; allowed: method, dims, tolerance`;
    if (dims !== undefined && !(Array.isArray(dims) && dims.every((dim) => typeof dim === "string")))
      return "has dims that are no list of names";
    if (tolerance !== undefined && !isTolerance(tolerance))
      return `has the tolerance ${show(tolerance)}; allowed: a number ≥ 0, or "<n>,<unit>"`;
  }
  return undefined;
}

function isTolerance(tolerance: unknown): boolean {
  try {
    return typeof tolerance === "string"
      ? lengthOf(parseTimeStep(tolerance)) > 0
      : (tolerance as number) >= 0;
  } catch {
    return false;
  }
}

/** Whether source points are given as they are. */
export function isRaw(given: Interpolation | undefined): boolean {
  return given === undefined || given === "none" || (Array.isArray(given) && given.length === 0);
}

/** How each dimension is interpolated. */
export function methodOf(given: Interpolation, dim: string): DimensionMethod {
  const groups = typeof given === "string" ? [{ method: given }] : given;
  const group =
    groups.find(({ dims }) => dims?.includes(dim)) ?? groups.find(({ dims }) => dims === undefined);
  const { method = "nearest", tolerance } = (group ?? {}) as Partial<Exclude<Interpolation, string>[number]>;
  const linear = method === "linear" || (method === "bilinear" && (dim === "lat" || dim === "lon"));
  return {
    method: method === "none" ? "exact" : linear ? "linear" : "nearest",
    tolerance: typeof tolerance === "string" ? lengthOf(parseTimeStep(tolerance)) : tolerance,
  };
}
