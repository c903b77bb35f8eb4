/** A command cannot do what it was asked, for a reason that one line tells. */
export class CommandError extends Error {
  /** 1: it failed. 2: it was not asked rightly. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}
