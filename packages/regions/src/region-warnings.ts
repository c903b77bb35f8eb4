/** Tells of what an operator should know, each thing once, to whoever listens by then or later. */
export class RegionWarnings {
  readonly #told = new Set<string>();
  readonly #listeners = new Set<(message: string) => void>();

  warn(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    for (const listener of this.#listeners) listener(message);
  }

  /** Calls back for all that was and will be told; returns the way to stop it. */
  listen(listener: (message: string) => void): () => void {
    for (const message of this.#told) listener(message);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
