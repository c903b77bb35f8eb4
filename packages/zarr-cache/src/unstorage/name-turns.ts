/**
 * Lets operations on one name follow each other, in the order in which they were asked for; those on different names
 * run at once. Drivers seldom write all or nothing, and a reader must not see half a value.
 */
export class NameTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs work when everything that was asked for this name before has ended. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const running = before === undefined ? work() : before.then(work);
    const ended = running.catch(() => {});
    this.#last.set(name, ended);
    try {
      return await running;
    } finally {
      if (this.#last.get(name) === ended) this.#last.delete(name);
    }
  }
}
