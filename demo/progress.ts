import { counted } from "./counted.ts";

/** Where progress is shown: `process.stderr`, or a test's own. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows one line that is written over and over, and only on a terminal. */
export class Progress {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows how far a row is. */
  show(name: string, done: number, of: number): void {
    const filled = Math.round((20 * done) / of);
    this.#line(
      `${"█".repeat(filled)}${"░".repeat(20 - filled)} ${name}: ${done} of ${counted(of, "reading")}`,
    );
  }

  /** Takes the line away. */
  clear(): void {
    this.#line("");
  }

  #line(text: string): void {
    // Return to the first column and erase to the end of the line (ECMA-48 EL).
    if (this.#terminal.isTTY) this.#terminal.write(`\r\u001b[K${text}`);
  }
}
