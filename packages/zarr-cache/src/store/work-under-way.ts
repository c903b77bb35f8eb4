/** Remembers promises until they settle, so that their end can be waited for. */
export class WorkUnderWay {
  readonly #work = new Set<Promise<unknown>>();

  /** Adds a promise, which may reject: that is for others to see. */
  track(work: Promise<unknown>): void {
    const done = work.then(
      () => void this.#work.delete(done),
      () => void this.#work.delete(done),
    );
    this.#work.add(done);
  }

  /** Resolves when nothing is under way, what began meanwhile included. */
  async idle(): Promise<void> {
    while (this.#work.size > 0) await Promise.all([...this.#work]);
  }

  /** Resolves when what is under way now has settled. */
  async settled(): Promise<void> {
    await Promise.all([...this.#work]);
  }
}
