import { ensureDebianPackages } from "../test/support/debian-package.ts";
import type { Benchmark } from "./frame/benchmark.ts";
import { type HitSetting, hitsOfOneProcess, hitsOfTwoProcesses } from "./server/hits.ts";
import { besideMisses } from "./server/misses.ts";
import { memoryUnderMixedLoad } from "./server/mixed-load.ts";
import { buildServer } from "./server/ours.ts";
import { valuesOrigin } from "./server/values-origin.ts";

const MINUTES = Number(process.env["SERVER_SOAK_MINUTES"] ?? 0.5);

/** What the server gives its clients. */
export const server: Benchmark = {
  name: "server",
  about: `\`zarr-cache serve\`, as it is published, over a web server at the loopback; Debian's wrk asks it for a value that is cached,
2 s a round, beside a bare \`node:http\` server that has the value in memory, nginx with \`proxy_cache\` and Varnish, each
in one process (Varnish: two pools of threads) over the same origin. Then \`--workers 2\` beside nginx with two. *Misses*: 64 clients at
once on a cold value that comes after 500 ms; p99 of 16 connections' hits alone, and while 64 clients wait for such values all
the time. *Mixed load*: 32 connections, nine in ten requests for 50 MB of values and the others for 2 GB, over 128 MB of memory
and 500 MB of disk; resident memory once a second, mapped files included. \`SERVER_SOAK_MINUTES=10\` makes that longer than half a minute.`,

  async run({ rounds, quick, progress }) {
    if (!(await ensureDebianPackages("wrk", "nginx-light", "varnish")))
      throw new Error("wrk, nginx and Varnish cannot be installed here");
    await buildServer();
    const origin = await valuesOrigin();
    const seconds = quick ? 1 : 2;
    const setting: HitSetting = { rounds, seconds, connections: quick ? [16] : [1, 16, 64], progress };
    try {
      return {
        findings: [
          ...(await hitsOfOneProcess(origin.port, setting)),
          ...(await hitsOfTwoProcesses(origin.port, { ...setting, connections: [64] })),
          ...(await besideMisses(origin, rounds, quick ? 1 : 4)),
          ...(await memoryUnderMixedLoad(origin, quick ? 3 : MINUTES * 60)),
        ],
      };
    } finally {
      await origin.close();
    }
  },
};
