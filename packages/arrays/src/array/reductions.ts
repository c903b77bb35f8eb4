import type { Dims } from "./reduce-array.ts";
import type { ReductionName } from "./reduction.ts";

/** The reductions by their names, over some dimensions or all; of what is in memory, or read chunk by chunk. NaN is skipped. */
export abstract class Reductions<Result, Options extends readonly unknown[] = []> {
  /** Any of the reductions by name, over some dimensions or all. */
  abstract reduce(name: ReductionName, dims?: Dims, ...options: Options): Result;

  sum(dims?: Dims, ...options: Options): Result {
    return this.reduce("sum", dims, ...options);
  }

  mean(dims?: Dims, ...options: Options): Result {
    return this.reduce("mean", dims, ...options);
  }

  min(dims?: Dims, ...options: Options): Result {
    return this.reduce("min", dims, ...options);
  }

  max(dims?: Dims, ...options: Options): Result {
    return this.reduce("max", dims, ...options);
  }

  /** How many values are not NaN; without unit. */
  count(dims?: Dims, ...options: Options): Result {
    return this.reduce("count", dims, ...options);
  }

  /** The variance of the population, in the square of the unit. */
  var(dims?: Dims, ...options: Options): Result {
    return this.reduce("var", dims, ...options);
  }

  /** The standard deviation of the population. */
  std(dims?: Dims, ...options: Options): Result {
    return this.reduce("std", dims, ...options);
  }

  /** 1 where any value is not 0. */
  any(dims?: Dims, ...options: Options): Result {
    return this.reduce("any", dims, ...options);
  }

  /** 1 where no value is 0. */
  all(dims?: Dims, ...options: Options): Result {
    return this.reduce("all", dims, ...options);
  }
}
