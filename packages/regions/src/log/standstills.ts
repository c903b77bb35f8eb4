/** Which logs stand still here although members of other regions tell of more, and for how long. */
export class Standstills {
  readonly #since = new Map<string, { readonly sequence: number; readonly at: number }>();

  /**
   * Notes how far a log is here, and how far at most elsewhere. Milliseconds that it has been behind without coming on: 0 for
   * one that is in step, comes on, or of which nobody tells at present.
   */
  note(stream: string, here: number, told: number, now: number): number {
    const since = this.#since.get(stream);
    if (told > here && since?.sequence === here) return Math.max(0, now - since.at);
    if (told > here) this.#since.set(stream, { sequence: here, at: now });
    else this.#since.delete(stream);
    return 0;
  }
}
