/**
 * Counts the bytes of the fills under way in a tier, which are bounded. A fill that somebody asked for begins at once or
 * not at all. Those that nobody asked for yet take at most half, and wait for it: a warming never keeps from being
 * kept what a reader brings.
 */
export class FillRoom {
  readonly #maxBytes: number;
  #bytes = 0;
  #left = new Set<() => void>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Begins a fill of so many bytes, unless there is no room. One that alone is over the bound has it. */
  take(bytes: number): boolean {
    if (!this.#isRoom(bytes, this.#maxBytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Begins a fill that nobody asked for as soon as their half has room. */
  async takeInTurn(bytes: number): Promise<void> {
    while (!this.#isRoom(bytes, this.#maxBytes / 2))
      await new Promise<void>((resolve) => this.#left.add(resolve));
    this.#bytes += bytes;
  }

  /** Ends a fill. */
  leave(bytes: number): void {
    this.#bytes -= bytes;
    const waiting = this.#left;
    this.#left = new Set();
    for (const look of waiting) look();
  }

  #isRoom(bytes: number, bound: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= bound;
  }
}
