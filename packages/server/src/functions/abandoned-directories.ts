import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes directories whose names are a prefix, the id of a process that is no more, and a `-`. The prefix names this host.
 * What cannot be removed, as it is somebody else's, is let be.
 */
export async function removeAbandoned(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(/^(\d+)-/.exec(name.slice(prefix.length))?.[1]);
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
