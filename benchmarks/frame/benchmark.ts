import type { Spread } from "./spread.ts";

/** One question about speed or worth, with the peers that answer it in the same run. */
export interface Benchmark {
  /** What it is called on the command line; the name of its file. */
  readonly name: string;
  /** What its rows mean, in a few sentences; shown above them. */
  readonly about: string;
  /** Heap that its process may take, in megabytes; default: what Node takes. */
  readonly heapMegabytes?: number;
  run(setting: Setting): Promise<Outcome>;
}

/** How long a benchmark may take, and whom it tells how far it is. */
export interface Setting {
  /** Measured rounds of each side, after one that does not count. */
  readonly rounds: number;
  /** Makes everything smaller: a check that it runs, no figure to publish. */
  readonly quick: boolean;
  progress(line: string): void;
}

/** What a benchmark found. */
export interface Outcome {
  readonly findings: readonly Finding[];
  /** Plain text shown below the table, such as a curve. */
  readonly text?: string;
}

/** One row of results. */
export interface Finding {
  readonly what: string;
  /** Ours, in its own unit. */
  readonly ours?: Measured;
  /** The peer's, and who that is. */
  readonly beside?: Measured & { readonly who: string };
  /** What the target speaks of, often ours divided by the peer's. */
  readonly figure: Measured;
  readonly target?: Target;
}

export interface Measured {
  readonly spread: Spread;
  readonly unit: string;
}

/** A bound for the median of a figure, in the figure's unit. */
interface Target {
  readonly limit: number;
  readonly better: "lower" | "higher";
}
