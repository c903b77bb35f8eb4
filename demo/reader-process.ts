import { forkProgram } from "./fork-program.ts";
import type { Pass, ReaderQuestion, Task } from "./reader.ts";

/** A running `reader.ts`, ready to read. */
export interface Reader {
  /** Reads all once; calls back with the number of readings done. */
  read(onProgress?: (done: number) => void): Promise<Pass>;
  end(): Promise<void>;
}

/** Starts a process that reads, and waits until it is ready. */
export async function startReader(task: Task): Promise<Reader> {
  const program = forkProgram("reader.ts");
  const ask = <Answer>(question: ReaderQuestion, onProgress?: (done: number) => void): Promise<Answer> =>
    program.ask<Answer>(question, onProgress);
  try {
    await ask({ ask: "prepare", task });
  } catch (error) {
    await program.end();
    throw error;
  }
  return { read: (onProgress) => ask<Pass>({ ask: "read" }, onProgress), end: () => program.end() };
}
