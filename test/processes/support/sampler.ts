/** A process that looks at a cache directory all the time, and remembers the most that it has seen. */
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { LmdbStoreIndex } from "zarr-cache/disk";
import { connect } from "./calls.ts";
import { directorySizeAtOnce } from "./directory-size.ts";

/** The most that was seen. */
export interface Samples {
  readonly samples: number;
  /** Bytes that the index charged. */
  readonly mostCharged: number;
  /** Bytes that the whole directory occupied. */
  readonly mostOnDisk: number;
}

/** What a sampler can be told to do. */
export interface SamplerCalls {
  /** Begins; the index must be there. */
  start(directory: string): Promise<void>;
  stop(): Promise<Samples>;
}

let isOver = false;
let sampling: Promise<Samples> | undefined;

async function sample(directory: string, index: LmdbStoreIndex): Promise<Samples> {
  let samples = 0;
  let mostCharged = 0;
  let mostOnDisk = 0;
  while (!isOver) {
    mostCharged = Math.max(mostCharged, index.usage().bytes);
    mostOnDisk = Math.max(mostOnDisk, directorySizeAtOnce(directory));
    samples++;
    await turn();
  }
  await index.close();
  return { samples, mostCharged, mostOnDisk };
}

connect(process, {
  async start(directory) {
    const index = new LmdbStoreIndex(join(directory, "index"));
    await index.open();
    sampling = sample(directory, index);
  },
  async stop() {
    isOver = true;
    if (sampling === undefined) throw new Error("It was never started");
    return sampling;
  },
} satisfies SamplerCalls & Readonly<Record<string, unknown>>);
process.on("disconnect", () => process.exit());
process.send?.("ready");
