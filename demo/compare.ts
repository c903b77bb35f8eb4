import type { Pass } from "./reader.ts";
import type { Reading } from "./reading.ts";

/** Names the readings that any of the passes answered with other values than the reference; a missing answer differs. */
export function differingReadings(
  readings: readonly Pick<Reading, "name">[],
  reference: readonly string[],
  passes: readonly Pick<Pass, "hashes">[],
): string[] {
  const differs = (index: number): boolean =>
    passes.some(({ hashes }) => hashes[index] === undefined || hashes[index] !== reference[index]);
  return readings.filter((_, index) => differs(index)).map(({ name }) => name);
}
