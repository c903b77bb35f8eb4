import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { temporaryDirectory } from "./support/temporary-directory.ts";

/** A process that reads one key and ends when nothing keeps it alive. */
class KeyReader {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly exited: Promise<unknown[]>;

  constructor(directory: string, role: "hold" | "wait") {
    const cwd = fileURLToPath(new URL("support", import.meta.url));
    const args = ["--conditions=@zarr-cache/source", "--import", "tsx", "read-one-key.ts", directory, role];
    const stdin = role === "hold" ? "pipe" : "ignore";
    this.child = spawn(process.execPath, args, { cwd, stdio: [stdin, "pipe", "inherit"] });
    this.exited = once(this.child, "close");
    onTestFinished(() => void this.child.kill());
  }

  /** Collects what it writes, and resolves at that line; or at its end. */
  async until(line: string): Promise<void> {
    const { stdout } = this.child;
    if (!stdout) throw new Error("It has no standard output");
    const reading = createInterface({ input: stdout });
    reading.on("line", (text) => this.lines.push(text));
    while (!this.lines.includes(line))
      if (await Promise.race([once(reading, "line").then(() => false), this.exited.then(() => true)])) return;
  }
}

it("keeps a process alive while it waits for what another process fetches", async () => {
  const directory = await temporaryDirectory();
  const holder = new KeyReader(directory, "hold");
  await holder.until("fill");
  const waiter = new KeyReader(directory, "wait");
  await waiter.until("wait");
  holder.child.stdin?.write("go\n");
  await Promise.all([holder.exited, waiter.exited]);
  expect([waiter.child.exitCode, waiter.lines.at(-1)]).toEqual([0, "1,2,3"]);
});
