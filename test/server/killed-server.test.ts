import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished, vi } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function start(file: string, temporary: string): ChildProcess {
  const child = fork(fileURLToPath(new URL("./support/serve-hanging-function.ts", import.meta.url)), [file], {
    execArgv: ["--conditions=@zarr-cache/source", "--import", "tsx"],
    env: { ...process.env, TMPDIR: temporary },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it("leaves no function running when a server is killed, and its files to the next server", async () => {
  const directory = await temporaryDirectory();
  const temporary = join(directory, "tmp");
  await mkdir(temporary);
  const waiting = { timeout: 60_000, interval: 20 };
  const begin = async (name: string) => {
    const file = join(directory, name);
    const server = start(file, temporary);
    await vi.waitUntil(() => existsSync(file), waiting);
    return { server, pid: Number(await readFile(file, "utf8")) };
  };
  const { server, pid } = await begin("first");
  expect(isAlive(pid)).toBe(true);
  server.kill("SIGKILL");
  await once(server, "exit");
  await vi.waitUntil(() => !isAlive(pid), waiting);

  const items = async () => (await readdir(temporary)).filter((name) => name.startsWith("zarr-cache-items-"));
  expect(await items()).toHaveLength(1);
  const next = await begin("second");
  expect(await items()).toEqual([expect.stringContaining(`-${hostname()}-${next.server.pid}-`)]);
});

it("leaves no process of functions either that had only just begun", async () => {
  const temporary = await temporaryDirectory();
  const server = start(join(temporary, "never"), temporary);
  const children = `/proc/${server.pid}/task/${server.pid}/children`;
  const isOfFunctions = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("tinypool");
  const begun = await vi.waitUntil(
    () => {
      const pids = readFileSync(children, "utf8").match(/\d+/g) ?? [];
      return pids.some(isOfFunctions) && pids;
    },
    { timeout: 60_000, interval: 1 },
  );
  server.kill("SIGKILL");
  await once(server, "exit");
  for (const pid of begun.map(Number))
    await vi.waitUntil(() => !isAlive(pid), { timeout: 60_000, interval: 20 });
});
