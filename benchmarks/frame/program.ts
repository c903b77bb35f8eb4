import { type ChildProcess, fork } from "node:child_process";
import { writeSync } from "node:fs";
import { inspect } from "node:util";

/** A program in a process of its own: it is given one order as its argument and answers with one message. */
export interface Program<Answer> {
  readonly process: ChildProcess;
  /** Rejects when the process ends without an answer. */
  readonly answer: Promise<Answer>;
}

/** Starts a program with the flags that this process runs under, and further ones. */
export function startProgram<Answer>(
  file: URL,
  order: unknown,
  flags: readonly string[] = [],
): Program<Answer> {
  const child = fork(file, [JSON.stringify(order)], {
    execArgv: [...process.execArgv, ...flags],
    serialization: "advanced",
  });
  const answer = new Promise<Answer>((resolve, reject) => {
    child.once("message", (message) => resolve(message as Answer));
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`${file.pathname} ended with ${code ?? signal}`)));
  });
  return { process: child, answer };
}

/**
 * The order that this program was started with. From now on the program stays until it has answered, and ends at once
 * when it fails: a database's thread in the middle of a transaction would keep it from ending otherwise.
 */
export function orderOfProgram<Order>(): Order {
  process.channel?.ref();
  process.once("uncaughtExceptionMonitor", (error) => {
    writeSync(2, `${inspect(error)}\n`);
    process.kill(process.pid, "SIGKILL");
  });
  return JSON.parse(process.argv[2] ?? "null") as Order;
}

/** Answers the process that started this program, and lets this one end. */
export function answerAndEnd(answer: unknown): void {
  process.send?.(answer, () => {
    if (process.connected) process.disconnect();
  });
}
