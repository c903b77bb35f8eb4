import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./test/reporter/summary.ts";

/** Resolves every workspace package to its TypeScript source, so that no test waits for, or lies about, a build. */
const source = "@zarr-cache/source";

/** Node itself knows no `module`: packages that have one write it for bundlers, not to be run. */
const forNode = defaultServerConditions.filter((condition) => condition !== "module");

export default defineConfig({
  resolve: { conditions: [source, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [source, ...forNode] } },
  test: {
    pool: "forks",
    reporters: ["default", new SummaryReporter()],
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["packages/*/test/**/*.test.ts"], testTimeout: 30_000 },
      },
      {
        // Real processes, real servers, whole packages.
        extends: true,
        test: {
          name: "integration",
          include: ["test/**/*.test.ts"],
          setupFiles: ["test/support/end-with-run.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
