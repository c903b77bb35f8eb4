import fc from "fast-check";
import { describe, it } from "vitest";
import { anyCommand } from "./commands.ts";
import { type Ranges, System, type Tiers } from "./system.ts";

/**
 * Random lives of two cached stores against a plain Map. For long runs set `ZARR_CACHE_MODEL_RUNS`; to repeat a failure
 * set `ZARR_CACHE_MODEL_SEED` to the seed that it printed.
 */
const { ZARR_CACHE_MODEL_RUNS: runs, ZARR_CACHE_MODEL_SEED: seed } = process.env;
const RUNS: Readonly<Record<Tiers, number>> = { memory: 1000, "memory over disk": 30, disk: 30 };

describe("a cached store reads what the source held within the bound, whatever happens", () => {
  for (const [tiers, usual] of Object.entries(RUNS) as [Tiers, number][])
    it(
      `over ${tiers}`,
      async () => {
        const life = fc.asyncProperty(
          fc.constantFrom<Ranges>("exact", "none", "ignored"),
          fc.commands([anyCommand], { maxCommands: 60, size: "max" }),
          async (ranges, commands) => {
            const system = await System.open(tiers, ranges);
            try {
              await fc.asyncModelRun(() => ({ model: {}, real: system }), commands);
              await system.check();
            } finally {
              await system.dispose();
            }
          },
        );
        await fc.assert(life, {
          numRuns: runs === undefined ? usual : Number(runs),
          ...(seed !== undefined && { seed: Number(seed) }),
          endOnFailure: false,
        });
      },
      runs === undefined ? 120_000 : 24 * 3_600_000,
    );
});
