import { benchmarks } from "../benchmarks.ts";
import { answerAndEnd, orderOfProgram } from "./program.ts";
import type { BenchmarkOrder } from "./run-apart.ts";

// The program that `runApart` starts: runs the benchmark that its order names and answers with the outcome.
const order = orderOfProgram<BenchmarkOrder>();
const benchmark = benchmarks.find(({ name }) => name === order.name);
if (benchmark === undefined) throw new Error(`There is no benchmark ${order.name}`);
answerAndEnd(await benchmark.run({ ...order, progress: (line) => console.error(`  ${line}`) }));
