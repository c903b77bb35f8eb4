import { describe, expect, it } from "vitest";
import { makeOrigin } from "../processes/support/origin.ts";
import type { HttpFault } from "../support/http-fault-proxy.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { startCluster } from "./support/cluster.ts";
import { STALENESS, workThrough } from "./support/work-through.ts";

interface S3Fault {
  readonly fault: HttpFault;
  readonly method?: string;
  /** Whether it is found by the checksums. */
  readonly isCorruption?: boolean;
}

const SLOW_DOWN = { status: 503, code: "SlowDown" };

const FAULTS: Readonly<Record<string, S3Fault>> = {
  "answers 503 to everything": { fault: SLOW_DOWN },
  "answers 503 to writers": { fault: SLOW_DOWN, method: "PUT" },
  "answers 503 to deletes": { fault: SLOW_DOWN, method: "POST" },
  // Later than a tier waits, and before its requests are given up.
  "answers readers slowly": { fault: { delay: 800 }, method: "GET" },
  "says nothing": { fault: "hang" },
  "stops in the middle of a value": { fault: "hangMidBody", method: "GET" },
  "breaks off in the middle of a value": { fault: "truncate", method: "GET" },
  "gives half of a value for the whole": { fault: "shorten", method: "GET" },
  "changes a bit": { fault: "flipBit", method: "GET", isCorruption: true },
};

describe.runIf(await hasRedisServer())(
  "reads equal the source, and service is normal afterwards, while S3",
  () => {
    it.each(Object.entries(FAULTS))("%s", async (_, { fault, method, isCorruption }) => {
      const cluster = await startCluster(makeOrigin(60, 20_000, { staleness: STALENESS }));
      let repair = () => {};
      const seen = await workThrough(cluster, {
        place: cluster.harmed,
        begin() {
          repair = cluster.s3Proxy.strike(fault, method);
        },
        end: () => repair(),
      });
      expect(seen.faults, "what went wrong was counted").toBeGreaterThan(0);
      if (isCorruption) expect(seen.corrupt, "and told apart").toBeGreaterThan(0);
    });
  },
);
