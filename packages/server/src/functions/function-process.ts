/**
 * What runs in the processes of functions, one call at a time. A call that takes too much memory, or whose server is gone,
 * ends with its process, see `process-watch.ts`; one that leaves something running, or much memory taken, is the last of its
 * process, so that it can do no harm to the next.
 */
import { Console } from "node:console";
import { setTimeout } from "node:timers/promises";
import { AskedItems } from "./asked-items.ts";
import type { CacheFunction } from "./cached-items.ts";
import type { Said, Task, Told } from "./messages.ts";
import { setRunning } from "./process-watch.ts";
import { resultJson } from "./result-json.ts";

let answers: ((told: Told) => void) | undefined;

// Standard output is the server's, whose lines programs may read.
globalThis.console = new Console(process.stderr, process.stderr);
process.on("message", (message: Partial<Told> | null) => {
  if (message?.told === "answer") answers?.(message as Told);
});

/** Runs a call. What became of it is sent before this resolves. */
export default async function run(task: Task): Promise<void> {
  const before = process.getActiveResourcesInfo().length;
  setRunning(true);
  await say({ said: "started", pid: process.pid });
  await say(await outcome(task));
  setRunning(false);
  if ((await leavesRunning(before)) || process.memoryUsage.rss() > task.maxMemory / 2)
    process.kill(process.pid, "SIGKILL");
}

/** Whether more goes on than `before`, a while after the call: what closes a file or a connection ends by itself. */
async function leavesRunning(before: number): Promise<boolean> {
  for (let pause = 1; pause < 200; pause *= 2) {
    if (process.getActiveResourcesInfo().length <= before) return false;
    await setTimeout(pause);
  }
  return true;
}

async function outcome({ module, args, maxResult }: Task): Promise<Said> {
  try {
    const items = new AskedItems((number, question) => void say({ said: "asks", number, question }));
    answers = (told) => items.receive(told);
    const { default: fn } = (await import(module)) as { default?: CacheFunction };
    if (typeof fn !== "function") throw new TypeError(`${module} has no function as its default export`);
    const json = resultJson(await fn(items, args));
    // What it left to fail at once is its own failure.
    await new Promise(setImmediate);
    return json.length > maxResult ? { said: "too-large", length: json.length } : { said: "result", json };
  } catch (error) {
    const status = (error as { status?: unknown } | undefined)?.status;
    const isRefusal = Number.isInteger(status) && (status as number) >= 400 && (status as number) < 500;
    if (!isRefusal) console.error(error);
    const message = error instanceof Error ? error.message : String(error);
    return {
      said: "failed",
      message: message.slice(0, 1000),
      status: isRefusal ? (status as number) : undefined,
    };
  }
}

/** Resolves when it was handed over, so that it arrives although the process ends. */
function say(said: Said): Promise<void> {
  return new Promise((resolve) => process.send?.(said, undefined, undefined, () => resolve()));
}
