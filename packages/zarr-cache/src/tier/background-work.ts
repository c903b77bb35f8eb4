/** The work that goes on after a call has answered, so that `idle` can wait for it. */
export class BackgroundWork {
  /** With the store that it is for, where it is for one. */
  readonly #running = new Map<Promise<unknown>, string | undefined>();

  /** Remembers work while it runs; answers what it answers. */
  track<T>(storeId: string | undefined, work: Promise<T>): Promise<T> {
    const done = work.then(
      () => void this.#running.delete(done),
      () => void this.#running.delete(done),
    );
    this.#running.set(done, storeId);
    return work;
  }

  /** Goes on with work that nobody but {@link idle} waits for. Its failures are its own to report. */
  behind(storeId: string | undefined, work: Promise<unknown>): void {
    this.track(storeId, work).catch(() => {});
  }

  /** Resolves when nothing runs, for one store or at all. */
  async idle(storeId?: string): Promise<void> {
    for (;;) {
      const running = [...this.#running].filter(
        ([, of]) => storeId === undefined || of === undefined || of === storeId,
      );
      if (running.length === 0) return;
      await Promise.allSettled(running.map(([work]) => work));
    }
  }
}
