/** Calls listeners by event name. A listener that throws does not disturb the cache; its error is reported as uncaught. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>();

  /** Calls back on every event of a name; returns the way to stop it. */
  on<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void): () => void {
    let listeners = this.#listeners.get(event);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(event, listeners);
    }
    const own = (detail: Events[E]): void => listener(detail);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  /** Whether anybody listens: lets a hot path skip making the detail. */
  hears(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  emit<E extends keyof Events>(event: E, detail: Events[E]): void {
    const listeners = this.#listeners.get(event);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) {
      try {
        (listener as (detail: Events[E]) => void)(detail);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
