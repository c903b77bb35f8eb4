import type { Timers } from "../clock.ts";
import { withDeadline } from "../deadline.ts";

/** Options of {@link BackgroundWork}. */
export interface BackgroundWorkOptions {
  /** Milliseconds for which {@link BackgroundWork.idle} waits for a piece of work. */
  readonly patience: number;
  readonly timers: Timers;
  /** Told when `idle` gives up on work that does not end. */
  onStuck(error: unknown): void;
}

/** The work that goes on after a call has answered, so that `idle` can wait for it. */
export class BackgroundWork {
  readonly #options: BackgroundWorkOptions;
  /** With the store that it is for, where it is for one. */
  readonly #running = new Map<Promise<unknown>, string | undefined>();

  constructor(options: BackgroundWorkOptions) {
    this.#options = options;
  }

  /** Remembers work while it runs; answers what it answers. */
  track<T>(storeId: string | undefined, work: Promise<T>): Promise<T> {
    const end = () => void this.#running.delete(done);
    const done: Promise<void> = work.then(end, end);
    this.#running.set(done, storeId);
    return work;
  }

  /** Goes on with work that nobody but {@link idle} waits for. Its failures are its own to report. */
  behind(storeId: string | undefined, work: Promise<unknown>): void {
    this.track(storeId, work).catch(() => {});
  }

  /**
   * Resolves when nothing runs, for one store or at all. What has not ended after `patience` is waited for no longer,
   * now or later; it goes on.
   */
  async idle(storeId?: string): Promise<void> {
    const { patience, timers, onStuck } = this.#options;
    for (;;) {
      const running = [...this.#running]
        .filter(([, of]) => storeId === undefined || of === undefined || of === storeId)
        .map(([work]) => work);
      if (running.length === 0) return;
      try {
        await withDeadline("work in the background", patience, timers, Promise.all(running));
      } catch (error) {
        for (const work of running) this.#running.delete(work);
        onStuck(error);
      }
    }
  }
}
