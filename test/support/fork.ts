import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** Starts a program of this folder as a process of its own, from source, and waits until it says that it is ready. */
export async function forkSupport(name: string): Promise<ChildProcess> {
  const child = fork(name, {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    execArgv: ["--conditions=@zarr-cache/source", "--import", "tsx"],
  });
  onTestFinished(() => void child.kill());
  await nextMessage(child);
  return child;
}

/** Resolves with the next message of a process; rejects when it lets go of its channel instead, as it does when it ends. */
export async function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  const done = new AbortController();
  const { signal } = done;
  try {
    return await Promise.race([
      once(child, "message", { signal }).then(([message]) => message as Message),
      once(child, "disconnect", { signal }).then(() =>
        Promise.reject(new Error("It ended without an answer")),
      ),
    ]);
  } finally {
    done.abort();
  }
}
