import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { directoryOfRun } from "./support/directory-of-run.ts";
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

it("removes directories of runs that have ended, and no other", async () => {
  const prefix = `zarr-cache-left-${randomUUID()}-`;
  const of = (name: string | number) => join(tmpdir(), `${prefix}${name}-x`);
  const gone = spawn("true");
  await once(gone, "exit");
  const theirs = [process.ppid, process.pid, "notes"].map(of);
  for (const path of [of(gone.pid as number), ...theirs]) mkdirSync(path);
  const own = directoryOfRun(prefix);
  const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith(prefix));
  expect(left().sort()).toEqual([...theirs, own.path].map((path) => basename(path)).sort());
  own.remove();
  for (const path of theirs) rmdirSync(path);
  expect(left()).toEqual([]);
});
