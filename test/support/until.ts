import { setTimeout as pause } from "node:timers/promises";

/** Looks again and again until something is so, for processes and servers that do not tell. Rejects after a minute. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  let last: unknown;
  do {
    try {
      if (await isSo()) return;
    } catch (error) {
      last = error;
    }
    await pause(20);
  } while (Date.now() < deadline);
  throw new Error(`It did not come about that ${what}.`, { cause: last });
}
