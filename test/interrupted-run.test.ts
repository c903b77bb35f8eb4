import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { forkSupport, nextMessage } from "./support/fork.ts";
import type { HeldServers } from "./support/hold-servers.ts";
import { hasRedisServer } from "./support/redis-server.ts";
import { until } from "./support/until.ts";

/** Whether a process works, by what Linux tells of it. */
function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}

/** Servers that a run has started, and that all of them are gone once it was brought to its end. */
async function expectEnd(end: (run: ChildProcess) => unknown): Promise<void> {
  const run = await forkSupport("hold-servers.ts");
  const { pids, directories } = await nextMessage<HeldServers>(run);
  expect(pids).toHaveLength(5);
  expect(pids.filter(lives)).toEqual(pids);
  end(run);
  await until("no server lives", () => !pids.some(lives));
  await until("no directory is left", () => !directories.some((directory) => existsSync(directory)));
}

describe.runIf(await hasRedisServer())("the servers of a run that is interrupted", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const)("end with it, by %s", (signal) =>
    expectEnd((run) => run.kill(signal)),
  );

  it("end as well when only the process ends that leads the run", () => expectEnd((run) => run.disconnect()));
});
