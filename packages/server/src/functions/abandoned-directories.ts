import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Removes directories named `HOST-PID-…` of processes of this host that are no more. What cannot be removed is let be. */
export async function removeAbandoned(parent: string, host: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(`${host}-`)) continue;
    const pid = Number(/^(\d+)-/.exec(name.slice(host.length + 1))?.[1]);
    if (pid > 0 && !isAlive(pid))
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
