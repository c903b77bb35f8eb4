import type { Benchmark, Outcome } from "./benchmark.ts";
import { startProgram } from "./program.ts";

/** What the process of one benchmark is asked. */
export interface BenchmarkOrder {
  readonly name: string;
  readonly rounds: number;
  readonly quick: boolean;
}

/**
 * Runs one benchmark in a process of its own, so that neither the heap nor the compiled code of another leaves a trace
 * in its figures. Rejects when that process fails.
 */
export function runApart(benchmark: Benchmark, order: BenchmarkOrder): Promise<Outcome> {
  const heap =
    benchmark.heapMegabytes === undefined ? [] : [`--max-old-space-size=${benchmark.heapMegabytes}`];
  const program = new URL("./one-benchmark.ts", import.meta.url);
  return startProgram<Outcome>(program, order, ["--expose-gc", ...heap]).answer;
}
