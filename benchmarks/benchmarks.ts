import type { Benchmark } from "./frame/benchmark.ts";
import { policy } from "./policy.ts";

/** All benchmarks, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [policy];
