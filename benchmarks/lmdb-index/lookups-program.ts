import type { Part } from "zarr-cache";
import { LmdbStoreIndex } from "zarr-cache/disk";
import { partNumber } from "../frame/fill-shared-index.ts";
import { answerAndEnd, orderOfProgram } from "../frame/program.ts";
import { seededRandom } from "../frame/seeded-random.ts";

/** What one of several processes that look up is asked. */
export interface LookupsOrder {
  readonly directory: string;
  readonly entries: number;
  readonly lookups: number;
  readonly seed: number;
  /** Whether the look-ups count as uses. */
  readonly counted: boolean;
}

/** What it answers, per look-up. */
export interface LookupsAnswer {
  /** Microseconds of processor time, of all threads of the process. */
  readonly processor: number;
}

const IN_A_ROW = 1000;

// Looks up random entries, as a reader would: a thousand in a row, then a turn of the event loop. What the index does
// behind (counting uses, writing them down) is part of the bill, and so is closing it.
const { directory, entries, lookups, seed, counted } = orderOfProgram<LookupsOrder>();
const index = new LmdbStoreIndex(directory, { deadline: "10s" });
await index.open();
const random = seededRandom(seed);
const parts = Array.from({ length: lookups }, () => partNumber(Math.floor(random() * entries)));
const lookUp = (part: Part) => (counted ? index.lookup(part) : index.peek(part));
for (const part of parts.slice(0, IN_A_ROW)) await lookUp(part);

const before = process.cpuUsage();
for (let from = 0; from < lookups; from += IN_A_ROW) {
  for (const part of parts.slice(from, from + IN_A_ROW)) {
    const entry = lookUp(part);
    if ((entry instanceof Promise ? await entry : entry) === undefined)
      throw new Error(`${part.key} is not there`);
  }
  await new Promise((resolve) => setImmediate(resolve));
}
await index.close();
const { user, system } = process.cpuUsage(before);
answerAndEnd({ processor: (user + system) / lookups } satisfies LookupsAnswer);
