/** A process that computes through a cache directory; the computation itself counts in the process of the test. */
import { memo } from "zarr-cache/memo";
import { type ChunkCache, openCache } from "zarr-cache/node";
import { connect } from "./calls.ts";

/** What a worker may ask of the test. */
export interface ComputationCalls {
  /** One computation; throws where it is to fail. */
  compute(input: number): Promise<number>;
}

/** What a worker can be told to do. */
export interface MemoWorkerCalls {
  open(directory: string): Promise<void>;
  /** Results of the memoised computation for each input, in any order of asking. */
  computeAll(inputs: readonly number[]): Promise<readonly number[]>;
  invalidate(): Promise<void>;
  close(): Promise<void>;
}

let cache: ChunkCache;
let square: ReturnType<typeof memoise>;

function memoise() {
  return memo(cache, "square", (input: number) => test.call("compute", input));
}

const mine: MemoWorkerCalls & Readonly<Record<string, unknown>> = {
  async open(directory) {
    // Deadlines that a busy machine does not reach.
    cache = await openCache(directory, { maxBytes: "20 MB", deadline: "1m", lockAge: "1m" });
    square = memoise();
  },
  computeAll: (inputs) => Promise.all(inputs.map((input) => square(input))),
  invalidate: () => square.invalidate(),
  close: () => cache.close(),
};

const test = connect<ComputationCalls>(process, mine);
process.on("disconnect", () => process.exit());
process.send?.("ready");
